#include "checkers/promises/aftermath.h"

#include <algorithm>

#include "checkers/promises/analysis.h"
#include "checkers/promises/effects.h"
#include "checkers/promises/evidence.h"
#include "checkers/promises/quiet.h"
#include "harness/core/anomaly_kind.h"
#include "harness/core/slot.h"

namespace harness {
namespace {

/// Until when the fault, or a command with effects, may disturb what follows a promotion: links are renewed
/// within two node timeouts; a manual failover may be at work for ten seconds; a setting that was changed,
/// or clients that were held back, and not set back stay so.
Nanos disturbs_until(const Analysis& analysis, const FaultRecord& fault) {
  const RunRecord& run = analysis.run;
  const Nanos after = hands_over(fault) ? 10 * kSecond : 2 * analysis.bounds.node_timeout + 2 * kSecond;
  if (!fault.heals && has_effect(fault, {EffectKind::kConfig, EffectKind::kClients})) return kNever;
  const Nanos until = acts_until(run, fault);
  return until == kNever ? kNever : until + after;
}

/// Whether what follows the promotion can be judged until `until`: its cause is known, nothing else disturbed
/// the nodes, slots stayed together, and the record and the new master's stint go on so long.
bool judged_until(const Analysis& analysis, const Failover& failover, Nanos until) {
  const RunRecord& run = analysis.run;
  if (failover.fault_at == kNever || until > judged_at(run)) return false;
  const bool others = std::ranges::any_of(run.faults, [&](const FaultRecord& fault) {
    if (has_effect(fault, {EffectKind::kMembership})) return true;
    if (fault.requested == failover.fault_at || has_effect(fault, {EffectKind::kStart})) return false;
    return fault.requested <= until && disturbs_until(analysis, fault) >= failover.fault_at;
  });
  return !others && std::ranges::any_of(analysis.terms.all(), [&](const Term& term) {
    return term.node == failover.to && term.surely_from >= failover.promoted - kSecond &&
           term.surely_from <= failover.promoted + kSecond && term.surely_until >= until;
  });
}

/// When all nodes should have heard of the promotion: within the bound of gossip, counted from the moment at
/// which the old master itself could hear again, where that was about the same time.
Nanos converged_by(const Analysis& analysis, const Failover& failover) {
  const Nanos bound = convergence_bound(analysis.bounds, analysis.stall);
  Nanos from = failover.promoted;
  for (const FaultRecord& fault : analysis.run.faults) {
    if (fault.requested > from + bound) continue;
    for (const int node : fault.nodes)
      if (const Nanos over = over_at(analysis.run, fault, node);
          over != kNever && over <= failover.promoted + bound)
        from = std::max(from, over);
  }
  return from + bound;
}

void late(const Analysis& analysis, const Failover& failover, AnomalyKind type, const std::string& what,
          Nanos by, CheckResult& result) {
  Anomaly anomaly;
  anomaly.type = type.text();
  anomaly.node = node_name(analysis.run, failover.to);
  anomaly.time = by;
  anomaly.explanation = node_name(analysis.run, failover.from) + " -> " +
                        node_name(analysis.run, failover.to) + " promoted at " + at(failover.promoted) +
                        ": " + what + ", later than the bound of " + in_milliseconds(by - failover.promoted) +
                        " after the promotion";
  report(result, std::move(anomaly));
}

void check_convergence(const Analysis& analysis, const Failover& failover, CheckResult& result) {
  const Nanos by = converged_by(analysis, failover);
  if (failover.converged <= by || !judged_until(analysis, failover, by)) return;
  late(analysis, failover, "slow-convergence",
       failover.converged == kNever ? "the other nodes never all gave it its slots"
                                    : "the other nodes gave it its slots only " +
                                          in_milliseconds(failover.converged - failover.promoted) + " later",
       by, result);
}

/// Whether clients asked for a write of the new master's slots in this time, and were told of its end.
bool write_offered(const Analysis& analysis, const Failover& failover, Nanos from, Nanos until) {
  const RunRecord& run = analysis.run;
  SlotRanges slots;
  for (const Term& term : analysis.terms.all())
    if (term.node == failover.to && term.surely_from <= failover.promoted + kSecond &&
        term.maybe_until >= failover.promoted)
      slots = term.slots;
  return std::ranges::any_of(run.history.operations, [&](const Operation& op) {
    if (op.function == Function::kRead || op.key == kNoKey || op.invoked < from || op.completed > until)
      return false;
    const int slot = slot_of(run.history.keys.text(op.key));
    return std::ranges::any_of(slots, [&](const SlotRange& range) { return range.contains(slot); });
  });
}

/// The first write may wait for agreement, and for a client to give up an operation that it began before.
/// Where clients are cut off, which of them can reach the new master is not known here.
void check_first_write(const Analysis& analysis, const Failover& failover, CheckResult& result) {
  const RunRecord& run = analysis.run;
  const Nanos agreed = converged_by(analysis, failover);
  Nanos patience = kSecond;
  for (const LoadPlan& load : run.plan.loads)
    patience = std::max(patience, load.operation_timeout_ms * kMillisecond);
  const Nanos by = agreed + patience;
  if (failover.first_write <= by || !judged_until(analysis, failover, by)) return;
  const bool clients_cut = std::ranges::any_of(run.faults, [&](const FaultRecord& fault) {
    return cuts(fault) || has_effect(fault, {EffectKind::kCut, EffectKind::kClients});
  });
  if (clients_cut || !write_offered(analysis, failover, agreed, by)) return;
  late(analysis, failover, "slow-first-write",
       failover.first_write == kNever ? "it never acknowledged a write, although clients offered some"
                                      : "its first write was acknowledged only " +
                                            in_milliseconds(failover.first_write - failover.promoted) +
                                            " later, although clients offered some before",
       by, result);
}

}  // namespace

Nanos over_for_all(const RunRecord& run, const FaultRecord& fault) {
  if (fault.nodes.empty() || fault.healed != kNever) return fault.healed;
  Nanos over = fault.requested;
  for (const int node : fault.nodes) over = std::max(over, over_at(run, fault, node));
  return over;
}

void check_aftermath(const Analysis& analysis, const Failover& failover, CheckResult& result) {
  check_convergence(analysis, failover, result);
  check_first_write(analysis, failover, result);
}

}  // namespace harness
