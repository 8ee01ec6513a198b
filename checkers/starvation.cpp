#include "checkers/starvation.h"

#include <algorithm>
#include <iterator>

#include "checkers/excusing.h"
#include "checkers/promises/bounds.h"
#include "checkers/promises/effects.h"
#include "checkers/promises/evidence.h"
#include "harness/core/anomaly_kind.h"

namespace harness {
namespace {

constexpr AnomalyKind kRestOnTime[] = {
    // who is given up, elected and followed, and when
    "election-too-late",
    "failed-without-majority",
    "failure-not-told",
    "kept-blocked-at-demotion",
    "migrated-below-barrier",
    "migrated-to-unorphaned",
    "migrated-too-early",
    "needless-failover",
    "no-failover",
    "rank-ignored",
    "served-in-quarantine",
    "slow-convergence",
    "slow-failover",
    "slow-first-write",
    "suspected-too-early",
    "vote-without-failure",
    "votes-too-close",
    // what is served meanwhile, and what clients are told
    "clusterdown-while-ok",
    "redirected-again",
    "redirected-elsewhere",
    "redirected-in-circles",
    "redirected-to-itself",
    "redirected-to-nowhere",
    "served-while-down",
    "slots-unavailable",
    "slots-uncovered",
    "stuck-client",
    "unanswered-at-replica",
    // how all show the cluster once they had their time to agree
    "addresses-disagree",
    "cluster-down-at-end",
    "failed-master-apart",
    "gossiped-otherwise",
    "info-disagrees",
    "link-down",
    "lost-link-told-up",
    "master-without-replica",
    "master-without-slots",
    "masters-missing",
    "member-missing",
    "node-missing",
    "nodes-disagree",
    "ok-without-coverage",
    "old-master-elsewhere",
    "old-master-not-demoted",
    "readonly-master",
    "replica-elsewhere",
    "replica-not-listed",
    "replica-of-no-master",
    "replica-stuck",
    "role-disputed",
    "roles-disagree",
    "shard-membership",
    "shard-slots-disagree",
    "shard-without-slots",
    "slot-owner-disputed",
    "slot-uncovered-at-end",
    "slots-disagree",
    "slots-disputed",
    "slots-elsewhere",
    "state-disagrees",
    "stranger-listed",
    "thought-failing",
    "unknown-node-shown",
    // what waits for others, or is told to them
    "acknowledged-too-little",
    "blocked-beside-element",
    "lives-on",
    "message-lost",
    "notice-lost",
    "subscription-died",
    "subscription-kept",
    "waited-elsewhere",
};

}  // namespace

bool rests_on_time(std::string_view anomaly) {
  return anomaly.starts_with(kExpectationKind) ||
         std::ranges::find(kRestOnTime, anomaly, &AnomalyKind::name) != std::end(kRestOnTime);
}

Starvation::Starvation(const RunRecord& run, std::span<const ProcessorWait> waits,
                       std::span<const Failover> failovers)
    : run_(run), failovers_(failovers) {
  const Bounds bounds = bounds_of(run);
  if (bounds.node_timeout <= 0 || waits.empty()) return;
  reach_ = starvation_reach(bounds.node_timeout);
  windows_ = starved_windows(waits, bounds.node_timeout);
}

/// Whether nothing of the plan led to the failover of the node at about that time, which the machine may have
/// brought about then. A process that ended by itself was not waiting for a processor.
bool Starvation::nothing_led_to_failover_of(int node, Nanos time) const {
  const Nanos from = time - reach_;
  const Nanos until = time + reach_;
  const auto led_to_it = [&](const FaultRecord& fault) {
    if (fault.requested > until) return false;
    return (hands_over(fault) && fault.requested >= from) ||
           (silences(fault) && acts_on(run_, fault, node) && over_at(run_, fault, node) >= from);
  };
  const auto ended_by_itself = [&](const Incarnation& life) {
    return life.node == node && !life.expected && from <= life.ended && life.ended <= until;
  };
  return std::ranges::none_of(run_.faults, led_to_it) &&
         std::ranges::none_of(run_.incarnations, ended_by_itself);
}

bool Starvation::lost_without_cause(const Anomaly& anomaly) const {
  constexpr AnomalyKind kLosses[] = {"lost-write-outside-window", "stale-read-outside-window"};
  const int node = run_.node_by_name(anomaly.node);
  return node >= 0 && std::ranges::find(kLosses, anomaly.type, &AnomalyKind::name) != std::end(kLosses) &&
         nothing_led_to_failover_of(node, anomaly.time);
}

/// Starvation costs an expectation the time that it took, and no more: one that had its whole patience
/// besides, and did not hold at any look, was not kept from it. But a failover that the machine alone led to
/// has changed the cluster for good, and where the condition has to stay true, the record does not tell every
/// look.
bool Starvation::had_its_patience(const ExpectationRecord& expectation) const {
  const auto& steps = run_.plan.steps;
  const auto step = std::ranges::find(steps, expectation.step, &StepPlan::id);
  if (step == steps.end() || step->stay > 0) return false;
  const auto by_the_machine = [&](const Failover& failover) {
    return failover.promoted <= expectation.until &&
           time_without(windows_, reach_, failover.promoted, failover.promoted + 1) == 0 &&
           nothing_led_to_failover_of(failover.from, failover.promoted);
  };
  return time_without(windows_, reach_, expectation.began, expectation.until) >= expectation.patience &&
         std::ranges::none_of(failovers_, by_the_machine);
}

/// The same of a promotion that was late: whether it was so without the time that starvation took.
bool Starvation::was_late_besides(const Anomaly& anomaly) const {
  const auto late = std::ranges::find_if(failovers_, [&](const Failover& failover) {
    return failover.promoted == anomaly.time && node_name(run_, failover.to) == anomaly.node;
  });
  return anomaly.type == AnomalyKind("slow-failover").name() && late != failovers_.end() &&
         late->fault_at != kNever &&
         to_ms(time_without(windows_, reach_, late->fault_at, late->promoted)) > late->bound_ms;
}

const ProcessorWait* Starvation::behind(const Anomaly& anomaly) const {
  if (!rests_on_time(anomaly.type) && !lost_without_cause(anomaly)) return nullptr;
  // Of a formation the run itself has seen to it that no server starved for most of it.
  if (anomaly.type == std::string(kExpectationKind) + std::string(kFormationStep)) return nullptr;
  if (was_late_besides(anomaly)) return nullptr;
  Nanos from = anomaly.time - reach_;
  for (const ExpectationRecord& expectation : run_.expectations) {
    if (std::string(kExpectationKind) + expectation.step != anomaly.type) continue;
    if (expectation.until == anomaly.time && had_its_patience(expectation)) return nullptr;
    from = std::min(from, expectation.began - reach_);
  }
  return worst_within(windows_, from, anomaly.time + reach_);
}

std::string Starvation::told(const ProcessorWait& window) const {
  const std::string who = window.node == kNetworkOfOurs ? "the thread that carries the cluster bus"
                                                        : "server " + node_name(run_, window.node);
  return "the machine left no time for it: until " + at(window.until) + " " + describe(window, who);
}

/// A doubt about what was not accused: where the machine may be the reason that was missing, it says so.
void Starvation::give_reason(CheckResult& result) const {
  if (!result.doubtful) return;
  for (const Anomaly& anomaly : result.anomalies)
    if (const ProcessorWait* window = behind(anomaly)) return doubt(result, "Perhaps " + told(*window) + ".");
}

void Starvation::excuse(CheckResult& result) const {
  if (windows_.empty()) return;
  if (result.violations == 0) return give_reason(result);
  excuse_violations(result, [&](const Anomaly& anomaly) -> std::string {
    const ProcessorWait* window = behind(anomaly);
    return window == nullptr ? std::string() : told(*window);
  });
}

}  // namespace harness
