#include "checkers/promises/promised.h"

#include "harness/core/anomaly_kind.h"

namespace harness {
namespace {

struct Promised {
  AnomalyKind anomaly;
  std::string_view promise;
};

constexpr Promised kPromised[] = {
    // the documented verdict
    {"not-linearizable-in-term", "rule 1"},
    {"not-linearizable-across-move", "rule 1, row 22"},
    {"not-linearizable", "rule 1"},
    {"torn-transaction", "rule 1, rule 2"},
    {"lost-inherited", "rule 2"},
    {"impossible-start", "rule 2"},
    {"foreign-write", "rule 2"},
    {"hole-in-loss", "rule 3"},
    {"lost-write-outside-window", "rule 4, row 7"},
    {"stale-read-outside-window", "rule 4, row 7"},
    {"lost-in-migration", "rule 4, row 22"},
    {"resurrected-write", "rule 5"},
    {"failed-write-read", "rule 5"},
    {"never-written", "rule 5"},
    {"read-before-write", "rule 5"},
    {"answered-by-replica", "rule 6, row 21"},
    {"minority-write", "row 5"},
    // elements, balances, locks: what a workload promises beside
    {"taken-twice", "rule 1"},
    {"overtaken", "rule 1"},
    {"negative-balance", "rule 1"},
    {"impossible-balance", "rule 1"},
    {"two-holders", "rule 1, row 7"},
    {"wrong-answer-for-slot", "row 22"},
    {"received-twice", "row 23"},
    {"never-published", "row 23"},
    {"failed-publish-received", "row 23"},
    {"received-before-published", "row 23"},
    {"message-overtaken", "row 23"},
    {"message-lost", "row 23"},
    {"subscription-died", "row 23"},
    {"acknowledged-entry-again", "rule 1, row 7"},
    {"lives-on", "rule 1"},
    {"untrue-wait", "row 8"},
    {"replica-went-back", "row 21"},
    {"crossslot-accepted", "rule 1"},
    {"answered-otherwise", "rule 1"},
    {"state-differs", "rule 1, rule 2"},
    {"replica-differs", "rule 2, rule 3"},
    {"replica-stuck", "rule 3"},
    {"key-count-differs", "rule 2, rule 3"},
    {"transaction-taken-apart", "rule 1, rule 2"},
    {"acknowledged-beyond-stream", "row 8"},
    {"acknowledged-too-little", "row 8"},
    {"blocked-beside-element", "row 25"},
    {"waited-elsewhere", "row 25"},
    {"unanswered-at-replica", "row 25"},
    {"redirected-in-circles", "row 22, row 26"},
    {"key-at-both", "row 22"},
    {"handover-timed-out", "row 20"},
    {"wrote-during-handover", "row 20"},
    {"gossiped-otherwise", "row 4"},
    {"migrated-too-early", "row 19"},
    {"migrated-below-barrier", "row 19"},
    {"migrated-to-unorphaned", "row 19"},
    {"kept-blocked-at-demotion", "row 25"},
    {"subscription-kept", "row 23"},
    {"notice-lost", "rule 1"},
    {"executed-after-refusal", "rule 1, row 22"},
    {"resync-refused", "row 13"},
    {"resync-of-foreign-stream", "rule 2"},
    {"corrupt-stream", "rule 2"},
    {"final-read-differs", "rule 1"},
    {"misplaced-key", "row 14"},
    // failover
    {"slow-failover", "row 1"},
    {"no-failover", "row 1"},
    {"needless-failover", "row 3"},
    {"failed-without-majority", "row 4"},
    {"failure-not-told", "row 4"},
    {"fail-cleared-early", "row 16"},
    {"voted-for-stale-claim", "row 9"},
    {"suspected-too-early", "row 4"},
    {"election-too-early", "row 2"},
    {"election-too-late", "row 2"},
    {"election-asked-again", "row 2"},
    {"rank-ignored", "row 2"},
    {"offset-understated", "row 2"},
    {"slots-unavailable", "row 1, row 13"},
    // votes and epochs
    {"voted-twice", "row 9"},
    {"voted-for-old-epoch", "row 9"},
    {"vote-without-failure", "row 9"},
    {"won-without-majority", "row 9"},
    {"votes-too-close", "row 10"},
    {"epoch-won-twice", "row 11"},
    {"epoch-collision", "row 11"},
    {"epoch-disputed", "row 11, row 13"},
    {"shared-config-epoch", "row 11"},
    {"current-epoch-went-back", "row 12"},
    {"config-epoch-went-back", "row 12"},
    {"imported-without-epoch", "row 13, row 22"},
    // who is what in the end
    {"old-master-not-demoted", "row 13"},
    {"old-master-elsewhere", "row 13"},
    {"master-without-slots", "row 13"},
    {"master-without-replica", "row 13"},
    {"replica-of-no-master", "row 13"},
    {"role-disputed", "row 13"},
    {"link-down", "row 13"},
    {"slot-uncovered-at-end", "row 13, row 17"},
    {"slot-owner-disputed", "row 13, row 14"},
    {"slots-disputed", "row 13, row 14"},
    {"two-owners", "row 14"},
    {"cluster-down-at-end", "row 17"},
    {"ok-without-coverage", "row 17"},
    {"served-while-down", "row 17"},
    {"thought-failing", "row 16"},
    {"unexpected-exit", "no crash"},
};

}  // namespace

std::string promise_of(std::string_view anomaly, const Plan& plan) {
  if (anomaly.starts_with(kExpectationKind) || anomaly == AnomalyKind("unexpected-reply").name())
    return plan.promise;
  for (const Promised& line : kPromised)
    if (line.anomaly.name() == anomaly) return std::string(line.promise);
  return {};
}

}  // namespace harness
