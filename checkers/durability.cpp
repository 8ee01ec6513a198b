#include "checkers/durability.h"

#include <algorithm>
#include <set>

#include "checkers/loads.h"
#include "checkers/objects/objects.h"
#include "checkers/promises/documented.h"
#include "checkers/promises/evidence.h"
#include "checkers/promises/ledger.h"
#include "harness/core/anomaly_kind.h"
#include "harness/core/counted.h"

namespace harness {
namespace {

/// Whether the term is that of a master which came back, and whom nobody had replaced meanwhile.
bool came_back(const Analysis& analysis, int term) {
  const Term& stint = analysis.terms[term];
  return stint.origin == Term::Origin::kRestarted && stint.owned_slots && !analysis.windows.replaced(term);
}

/// Whether clients were answered about the key both before and after one restart: only then can it tell of a
/// loss. `nodes`: by the history's number of a node.
bool spans_a_restart(const Analysis& analysis, const std::vector<int>& nodes,
                     const std::vector<std::uint32_t>& operations) {
  const Terms& terms = analysis.terms;
  std::set<int> answered;
  for (const std::uint32_t id : operations)
    if (const Operation& op = analysis.run.history.operations[id];
        op.outcome == Outcome::kOk && op.node != kNoNode)
      answered.insert(terms.term_of(nodes[op.node], op.invoked, op.completed));
  answered.erase(kNoTerm);
  for (int back = 0; back < static_cast<int>(terms.size()); ++back) {
    if (!came_back(analysis, back)) continue;
    const auto before = [&](int term) { return term != back && terms.descends(back, term); };
    const auto after = [&](int term) { return term == back || terms.descends(term, back); };
    if (std::ranges::any_of(answered, before) && std::ranges::any_of(answered, after)) return true;
  }
  return false;
}

std::vector<int> node_numbers(const RunRecord& run) {
  std::vector<int> nodes;
  for (std::size_t i = 0; i < run.history.nodes.size(); ++i)
    nodes.push_back(run.node_by_name(std::string(run.history.nodes.text(static_cast<std::uint32_t>(i)))));
  return nodes;
}

std::size_t restarts_of(const Analysis& analysis) {
  std::size_t restarts = 0;
  for (int term = 0; term < static_cast<int>(analysis.terms.size()); ++term)
    restarts += came_back(analysis, term);
  return restarts;
}

class Durability {
 public:
  Durability(const Analysis& analysis, CheckResult& result)
      : analysis_(analysis), run_(analysis.run), result_(result) {}

  void check() {
    const std::size_t loads = std::max<std::size_t>(run_.plan.loads.size(), 1);
    for (std::size_t load = 0; load < loads; ++load) check_load(load);
    figure(result_.measured, "keys_compared", static_cast<double>(keys_));
    figure(result_.measured, "restart_lost_writes", static_cast<double>(lost_));
    figure(result_.measured, "restart_lost_writes_allowed", static_cast<double>(allowed_));
  }
  std::size_t keys() const { return keys_; }

  /// What was compared, and what came of it.
  std::string text(std::size_t restarts) const {
    std::string text = counted_noun(keys_, "key was", "keys were") + " compared before and after " +
                       (restarts == 1 ? "a restart of a master" : "restarts of masters") + ": ";
    if (lost_ == 0)
      text += "no acknowledged write was seen to be lost";
    else
      text += counted_noun(lost_, "acknowledged write was", "acknowledged writes were") +
              " lost, as the persistence allows";
    if (elsewhere_ > 0) text += "; other violations in the same operations are told by their load's row";
    return text + ".";
  }

 private:
  void check_load(std::size_t load) {
    const bool named = load < run_.plan.loads.size();
    const ObjectEntry* object =
        named ? object_of_workload(run_.plan.loads[load].workload) : find_object("register");
    if (object == nullptr) return;
    std::vector<std::uint32_t> operations;
    for (std::uint32_t id = 0; id < run_.history.operations.size(); ++id)
      if (load_of_process(run_.history.operations[id].process, run_.plan.loads.size()) == load)
        operations.push_back(id);
    result_.operations += operations.size();
    check_object(*object, operations);
  }

  void check_object(const ObjectEntry& entry, const std::vector<std::uint32_t>& operations) {
    const std::unique_ptr<Object> object = object_of(entry, run_);
    CheckResult elsewhere;  // what else the ledger finds is told by the load's own check
    Ledger ledger(run_, analysis_.terms, analysis_.windows, *object, elsewhere);
    ledger.work_out(operations);
    elsewhere_ += elsewhere.violations;
    for (const Ledger::Seen& key : ledger.seen()) keys_ += spans_a_restart(analysis_, nodes_, key.operations);
    for (const RestartLoss& loss : ledger.figures().restart_losses)
      if (!analysis_.windows.replaced(loss.child)) take(loss);
  }

  void take(const RestartLoss& loss) {
    ++lost_;
    if (loss.found.kind == Attribution::Kind::kAllowed) ++allowed_;
    if (loss.found.kind == Attribution::Kind::kUnknown)
      doubt(result_, "A lost write could not be attributed for want of evidence: " + loss.found.why + ".");
    if (loss.found.kind != Attribution::Kind::kViolation) return;
    Anomaly anomaly;
    anomaly.type = AnomalyKind("lost-durable-write").text();
    anomaly.key = loss.key;
    anomaly.explanation =
        loss.text + ". It was on the disk by what the persistence promises: " + loss.found.why;
    anomaly.operations = loss.operations;
    anomaly.time = loss.effect_by;
    anomaly.node = node_name(run_, analysis_.terms[loss.child].node);
    report(result_, std::move(anomaly));
  }

  const Analysis& analysis_;
  const RunRecord& run_;
  CheckResult& result_;
  const std::vector<int> nodes_ = node_numbers(run_);
  std::size_t keys_ = 0;
  std::size_t elsewhere_ = 0;
  std::size_t lost_ = 0;
  std::size_t allowed_ = 0;
};

}  // namespace

CheckResult check_durability(const Analysis& analysis, const CheckOptions&) {
  CheckResult result;
  result.name = "durability";
  const std::size_t restarts = restarts_of(analysis);
  if (restarts == 0) {
    result.valid = Validity::kNotApplicable;
    result.explanation = "No master came back from a restart before it was replaced.";
    return result;
  }
  result.valid = Validity::kValid;
  figure(result.measured, "restarts", static_cast<double>(restarts));
  Durability durability(analysis, result);
  durability.check();
  conclude(result, durability.text(restarts), durability.keys() > 0,
           "No key was used by clients both before and after a restart, so nothing was compared.");
  return result;
}

}  // namespace harness
