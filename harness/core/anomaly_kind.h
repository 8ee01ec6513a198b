// The kinds of anomaly that a checker may find: the short stable names that results, headlines, promises and
// [[known]] share. A name that is not in the table does not compile, so that the table is all there are. Two
// families are named elsewhere: the transactional ones (G1c, ...: checkers/transactions), and
// "expectation:STEP", by the plan's steps.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace harness {

/// In the order of the alphabet.
inline constexpr std::string_view kAnomalyKinds[] = {
    // of runs
    "acknowledged-beyond-stream",
    "acknowledged-entry-again",
    "addresses-disagree",
    "answered-by-replica",
    "assertion-failed",
    "blocked-beside-element",
    "cluster-down-at-end",
    "clusterdown-while-ok",
    "config-epoch-went-back",
    "consumer-differs",
    "corrupt-nodes-conf",
    "corrupt-rdb",
    "crash",
    "crossslot-accepted",
    "crossslot-of-one-slot",
    "current-epoch-went-back",
    "election-asked-again",
    "election-in-old-epoch",
    "election-too-early",
    "election-too-late",
    "epoch-collision",
    "epoch-disputed",
    "epoch-won-twice",
    "expiry-differs",
    "failed-master-apart",
    "failed-publish-received",
    "failed-without-majority",
    "failed-write-read",
    "failure-not-told",
    "final-read-differs",
    "foreign-write",
    "functions-differ",
    "group-differs",
    "hole-in-loss",
    "imported-without-epoch",
    "impossible-balance",
    "impossible-start",
    "info-disagrees",
    "key-count-differs",
    "link-down",
    "lives-on",
    "lost-durable-write",
    "lost-in-migration",
    "lost-inherited",
    "lost-link-told-up",
    "lost-write",
    "lost-write-outside-window",
    "master-without-replica",
    "master-without-slots",
    "masters-missing",
    "member-missing",
    "message-lost",
    "message-overtaken",
    "minority-write",
    "misplaced-key",
    "needless-failover",
    "negative-balance",
    "never-published",
    "never-written",
    "no-failover",
    "node-missing",
    "nodes-disagree",
    "not-linearizable",
    "not-linearizable-across-move",
    "not-linearizable-in-term",
    "offset-understated",
    "ok-without-coverage",
    "old-master-elsewhere",
    "old-master-not-demoted",
    "open-slot",
    "out-of-memory",
    "overtaken",
    "panic",
    "rank-ignored",
    "read-before-write",
    "readonly-master",
    "received-before-published",
    "received-twice",
    "redirected-again",
    "redirected-by-wrong-slot",
    "redirected-elsewhere",
    "redirected-to-itself",
    "redirected-to-nowhere",
    "reload-differs",
    "replica-differs",
    "replica-elsewhere",
    "replica-not-listed",
    "replica-of-no-master",
    "replica-stuck",
    "replica-went-back",
    "replication-id-kept",
    "resurrected-write",
    "resync-beyond-fork",
    "role-disputed",
    "roles-disagree",
    "sanitizer",
    "served-in-quarantine",
    "served-while-down",
    "shard-membership",
    "shard-slots-disagree",
    "shard-without-slots",
    "shared-config-epoch",
    "slot-owner-disputed",
    "slot-uncovered-at-end",
    "slots-disagree",
    "slots-disputed",
    "slots-elsewhere",
    "slots-unavailable",
    "slots-uncovered",
    "slow-convergence",
    "slow-failover",
    "slow-first-write",
    "stale-read",
    "stale-read-outside-window",
    "state-disagrees",
    "stranger-listed",
    "stream-count-differs",
    "stuck-client",
    "subscription-died",
    "suspected-too-early",
    "taken-twice",
    "thought-failing",
    "torn-transaction",
    "transaction-taken-apart",
    "two-holders",
    "two-owners",
    "unexpected-exit",
    "unexpected-reply",
    "unknown-node",
    "unknown-node-shown",
    "untrue-wait",
    "view-lacks-itself",
    "vote-not-saved",
    "vote-without-failure",
    "voted-for-old-epoch",
    "voted-for-stale-claim",
    "voted-twice",
    "voted-twice-on-bus",
    "votes-too-close",
    "won-without-majority",
    "won-without-majority-on-bus",
    "wrong-answer-for-slot",
    // of the models of `check`, and of loads that one judges
    "unwritten-read",
    "long-fork",
    "duplicated-element",
    "future-read",
    "lost-element",
    "contradictory-order",
    "incomparable-reads",
    "unexpected-element",
    "cas-cycle",
    "double-cas",
    "false-empty",
    "non-linearizable",
    "wrong-total",
    "unreachable-count",
    "duplicate-count",
    "count-too-high",
    "count-too-low",
    "count-out-of-bounds",
    "duplicate-id",
    "failed-enqueue-dequeued",
    "out-of-order",
    "failed-add-read",
    "phantom-element",
    "monotonic-reads",
    "read-your-writes",
    "monotonic-writes",
    "writes-follow-reads",
    "first-value",
};

/// What a broken expectation of a step is called: this, and the step's name.
inline constexpr std::string_view kExpectationKind = "expectation:";
/// The step that no plan names: the servers become one cluster.
inline constexpr std::string_view kFormationStep = "formation";

class AnomalyKind {
 public:
  // Implicit, so that a checker names its kind as a literal. The empty name: none of its own.
  template <std::size_t kSize>
  consteval AnomalyKind(const char (&name)[kSize]) : name_(name, kSize - 1) {  // NOLINT(*explicit*)
    if (!name_.empty() && std::ranges::find(kAnomalyKinds, name_) == std::ranges::end(kAnomalyKinds))
      throw "a kind of anomaly that is not in the table";
  }

  constexpr std::string_view name() const { return name_; }
  constexpr bool empty() const { return name_.empty(); }
  std::string text() const { return std::string(name_); }
  friend constexpr bool operator==(AnomalyKind a, AnomalyKind b) { return a.name_ == b.name_; }
  friend constexpr auto operator<=>(AnomalyKind a, AnomalyKind b) { return a.name_ <=> b.name_; }

 private:
  std::string_view name_;
};

}  // namespace harness
