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

Starvation::Starvation(const RunRecord& run, std::span<const ProcessorWait> waits) : run_(run) {
  const Bounds bounds = bounds_of(run);
  if (bounds.node_timeout <= 0 || waits.empty()) return;
  // A report of failure counts for two timeouts, an election follows, and may be lost; then all converge.
  reach_ = 4 * bounds.node_timeout + bounds.recovery_derived + bounds.lost_election + kSecond;
  windows_ = starved_windows(waits, bounds.node_timeout);
}

/// Of a loss at a failover: whether nothing of the plan led to the failover, which the machine may have
/// brought about then. A process that ended by itself was not waiting for a processor.
bool Starvation::lost_without_cause(const Anomaly& anomaly) const {
  constexpr AnomalyKind kLosses[] = {"lost-write-outside-window", "stale-read-outside-window"};
  const int node = run_.node_by_name(anomaly.node);
  if (node < 0 || std::ranges::find(kLosses, anomaly.type, &AnomalyKind::name) == std::end(kLosses))
    return false;
  const Nanos from = anomaly.time - reach_;
  const Nanos until = anomaly.time + reach_;
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

const ProcessorWait* Starvation::behind(const Anomaly& anomaly) const {
  if (!rests_on_time(anomaly.type) && !lost_without_cause(anomaly)) return nullptr;
  // Of a formation the run itself has seen to it that no server starved for most of it.
  if (anomaly.type == std::string(kExpectationKind) + std::string(kFormationStep)) return nullptr;
  Nanos from = anomaly.time - reach_;
  for (const ExpectationRecord& expectation : run_.expectations)
    if (std::string(kExpectationKind) + expectation.step == anomaly.type)
      from = std::min(from, expectation.began - reach_);
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
