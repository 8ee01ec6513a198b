#include "checkers/promises/minority_writes.h"

#include <algorithm>

#include "checkers/promises/analysis.h"
#include "checkers/promises/effects.h"
#include "checkers/promises/evidence.h"
#include "harness/core/anomaly_kind.h"
#include "harness/core/counted.h"

namespace harness {
namespace {

struct Figures {
  int minority_masters = 0;
  std::size_t accepted = 0;
  std::size_t refused = 0;  // asked after the bound, and not acknowledged
  Nanos latest = 0;         // after the cut
};

bool changes_data(const Operation& op) {
  return op.function != Function::kRead && op.function != Function::kGet;
}

/// Masters that hear, or are heard by, no majority of masters any more.
std::vector<int> minority_masters(const RunRecord& run, const FaultRecord& fault,
                                  const std::vector<int>& masters) {
  std::vector<int> minority;
  for (const int node : masters) {
    const auto company = std::count_if(masters.begin(), masters.end(), [&](int other) {
      return other == node || !separates(run, fault, node, other);
    });
    if (static_cast<std::size_t>(company) < masters.size() / 2 + 1) minority.push_back(node);
  }
  return minority;
}

void check_cut(const RunRecord& run, const FaultRecord& fault, int node, Nanos bound, CheckResult& result,
               Figures& figures) {
  const std::uint32_t number = run.history.nodes.find(node_name(run, node));
  const Nanos end = std::min(fault.heal_requested, run.info.end);
  for (const Operation& op : run.history.operations) {
    if (op.node != number || !changes_data(op) || op.invoked < fault.requested || op.invoked >= end) continue;
    const bool late = op.invoked > fault.active + bound;
    if (op.outcome != Outcome::kOk) {
      figures.refused += late;
      continue;
    }
    if (op.completed >= end) continue;  // answered after the heal, perhaps
    ++figures.accepted;
    figures.latest = std::max(figures.latest, op.invoked - fault.requested);
    if (!late) continue;
    Anomaly anomaly;
    anomaly.type = AnomalyKind("minority-write").text();
    anomaly.key = run.history.key_text(op);
    anomaly.node = node_name(run, node);
    anomaly.time = op.completed;
    anomaly.operations = {op.invoke_event};
    anomaly.explanation =
        anomaly.node + ", cut off from the majority since " + at(fault.active) + ", still acknowledged p" +
        std::to_string(op.process) + "'s " + std::string(to_string(op.function)) + " " +
        run.history.values.to_json(op.argument) + " of " + anomaly.key + ", sent " +
        in_milliseconds(op.invoked - fault.active) + " after the cut; the bound is " + in_milliseconds(bound);
    report(result, std::move(anomaly));
  }
}

}  // namespace

CheckResult check_minority_writes(const Analysis& analysis, const CheckOptions&) {
  const RunRecord& run = analysis.run;
  CheckResult result;
  result.name = "minority-writes";
  result.valid = Validity::kValid;
  const Nanos bound = analysis.bounds.minority_writes + analysis.bounds.grace + analysis.stall;
  Figures figures;
  bool cut = false;
  for (const FaultRecord& fault : run.faults) {
    if (!cuts(fault)) continue;  // of a link cut in one direction alone no bound is derived
    cut = true;
    if (!fault.verified_active()) {
      doubt(result, "The cut at " + at(fault.requested) + " was never verified to be active.");
      continue;
    }
    const auto masters = masters_at(analysis.views, fault.requested);
    if (masters.empty()) doubt(result, "No view tells who was a master at " + at(fault.requested) + ".");
    for (const int node : minority_masters(run, fault, masters)) {
      ++figures.minority_masters;
      check_cut(run, fault, node, bound, result, figures);
    }
  }
  result.operations = figures.accepted + figures.refused;
  figure(result.bound, "accepted_after_ms_max", to_ms(bound));
  figure(result.bound, "accepted_after_spec_ms_max", to_ms(analysis.bounds.minority_writes_spec));
  figure(result.measured, "minority_masters", figures.minority_masters);
  figure(result.measured, "writes_accepted", static_cast<double>(figures.accepted));
  figure(result.measured, "refused_after_bound", static_cast<double>(figures.refused));
  figure(result.measured, "accepted_after_ms_max", to_ms(figures.latest));
  if (!cut) result.valid = Validity::kNotApplicable;
  std::string text;
  if (result.violations > 0)
    text = result.anomalies.front().explanation + ".";
  else if (!cut)
    text = "No partition was made.";
  else if (figures.minority_masters == 0)
    text = "No partition put a master on a minority side.";
  else
    text = "Masters on minority sides accepted writes until at most " + in_milliseconds(figures.latest) +
           " after the cut (bound " + in_milliseconds(bound) + "); " +
           counted_noun(figures.refused, "later attempt was", "later attempts were") + " refused.";
  result.explanation = result.explanation.empty() ? text : text + " " + result.explanation;
  return result;
}

}  // namespace harness
