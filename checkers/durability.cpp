#include "checkers/durability.h"

#include <algorithm>

#include "checkers/loads.h"
#include "checkers/objects/objects.h"
#include "checkers/promises/documented.h"
#include "checkers/promises/evidence.h"
#include "checkers/promises/ledger.h"
#include "harness/core/anomaly_kind.h"

namespace harness {
namespace {

/// Restarts as a master that nobody had replaced meanwhile.
std::size_t restarts_of(const Analysis& analysis) {
  std::size_t restarts = 0;
  for (int term = 0; term < static_cast<int>(analysis.terms.size()); ++term)
    if (const Term& stint = analysis.terms[term];
        stint.origin == Term::Origin::kRestarted && stint.owned_slots && !analysis.windows.replaced(term))
      ++restarts;
  return restarts;
}

std::vector<RestartLoss> losses_of(const Analysis& analysis, const ObjectEntry& entry,
                                   const std::vector<std::uint32_t>& operations) {
  const std::unique_ptr<Object> object = object_of(entry, analysis.run);
  CheckResult elsewhere;  // what else the ledger finds is told by the load's own check
  Ledger ledger(analysis.run, analysis.terms, analysis.windows, *object, elsewhere);
  ledger.work_out(operations);
  std::vector<RestartLoss> losses = ledger.figures().restart_losses;
  std::erase_if(losses, [&](const RestartLoss& loss) { return analysis.windows.replaced(loss.child); });
  return losses;
}

class Durability {
 public:
  Durability(const Analysis& analysis, CheckResult& result)
      : analysis_(analysis), run_(analysis.run), result_(result) {}

  void check() {
    const std::size_t loads = std::max<std::size_t>(run_.plan.loads.size(), 1);
    for (std::size_t load = 0; load < loads; ++load) check_load(load);
    figure(result_.measured, "restart_lost_writes", static_cast<double>(lost_));
    figure(result_.measured, "restart_lost_writes_allowed", static_cast<double>(allowed_));
  }
  std::size_t lost() const { return lost_; }

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
    for (const RestartLoss& loss : losses_of(analysis_, *object, operations)) take(loss);
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
  conclude(result, durability.lost() == 0
                       ? "No acknowledged write was lost by a restart."
                       : std::to_string(durability.lost()) +
                             " acknowledged writes were lost by restarts, all as the persistence allows.");
  return result;
}

}  // namespace harness
