#include "server/defects/defects.h"

#include <algorithm>
#include <charconv>

namespace node {

namespace {

using enum Defect;

constexpr DefectLine kLines[] = {
    {kWriteUnapplied, "write-unapplied", 0.1, "SET answers OK and changes nothing",
     "an error path that still answers OK", "rule 1"},
    {kWriteUnpropagated, "write-unpropagated", 0.05,
     "a write is applied and acknowledged, and never sent to replicas or file",
     "a command that forgets to count itself as a change", "rule 3"},
    {kWritePropagatedTwice, "write-propagated-twice", 0.5, "replicas get a write twice",
     "a command propagated by its handler and by the dispatcher", "rule 2"},
    {kTransactionHalfPropagated, "transaction-half-propagated", 2,
     "the first command of a transaction or script is not sent to replicas",
     "a queue of also-propagated commands that loses its head", "rule 2"},
    {kExpiryUnpropagated, "expiry-unpropagated", 100, "replicas are not told that a key expired",
     "an expiry path without its DEL", "rules 2 and 3"},
    {kReadMisses, "read-misses", 0.05, "GET does not find a key that is there",
     "a lookup during a rehash that asks one of two tables", "rule 1"},
    {kScriptReadsNothing, "script-reads-nothing", 1, "GET in a script answers nil for a key that is there",
     "a compare-and-set that fails for no reason", "rule 1"},
    {kWatchMissed, "watch-missed", 100, "a watched key changes, and EXEC goes through",
     "a touch that is not told to the watchers", "rule 1"},
    {kRestoreUnapplied, "restore-unapplied", 50, "a migrated key is acknowledged by its target and not kept",
     "a restore whose failure is answered as success", "row 22"},
    {kWriteUnlogged, "write-unlogged", 10, "a write is not appended to the file",
     "an append that is dropped while a rewrite begins", "rule 4, restart"},

    {kResyncHole, "resync-hole", 100, "a partial resync begins at the end of the backlog",
     "an offset that is counted twice while the link is down", "rule 3"},
    {kResyncAnyHistory, "resync-any-history", 100,
     "a partial resync is granted whatever history the replica comes from",
     "a replication id that is not compared", "rules 2 and 5"},
    {kSnapshotWithoutBacklog, "snapshot-without-backlog", 100,
     "what was written during a full resync is not sent after it",
     "an output buffer that is emptied when the replica goes online", "rule 3"},
    {kLinkStatusLies, "link-status-lies", 100, "INFO says master_link_status:up whatever it is",
     "a status that is set and never cleared", "INFO tells the truth"},
    {kPromotionLosesKeys, "promotion-loses-keys", 100, "a promoted replica loses some keys",
     "a cleanup of foreign slots that runs before the new slots are known", "rule 3"},
    {kCrashAtPromotion, "crash-at-promotion", 100, "a replica aborts when it is promoted",
     "an assertion about the role in the middle of its change", "no crash"},

    {kVoteTwice, "vote-twice", 100, "a master votes as often as it is asked",
     "a last vote epoch that is not compared", "rows 9 and 10"},
    {kVoteBeforePersist, "vote-before-persist", 100, "a vote leaves before it is on disk",
     "a save that is put off to the end of the loop", "row 12", DefectLine::Proof::simulation},
    {kVoteUnsaved, "vote-unsaved", 100, "a vote is not saved", "a nodes.conf that is written for slots alone",
     "row 12", DefectLine::Proof::simulation},
    {kElectionWithoutMajority, "election-without-majority", 100, "one vote wins an election",
     "a quorum computed of the reachable masters", "row 9"},
    {kElectionLate, "election-late", 100, "a replica waits ten seconds before it asks for votes",
     "a delay in the wrong unit", "row 1"},
    {kRankIgnored, "rank-ignored", 100, "a replica that lags asks for votes as early as the others",
     "a rank computed before the offsets are known", "row 2"},
    {kDataAgeIgnored, "data-age-ignored", 100, "a replica with data of any age may be elected",
     "a validity factor that is not read", "row 15"},
    {kFailByOneReport, "fail-by-one-report", 100, "one master alone declares another as failed",
     "a quorum that counts the asker's own suspicion as all", "row 4"},
    {kPfailKept, "pfail-kept", 100, "a suspicion is not cleared when the node answers",
     "a flag that only the FAIL path clears", "row 16"},
    {kFailKept, "fail-kept", 100, "a node that came back stays flagged as failed",
     "a flag cleared for replicas alone", "row 16"},
    {kManualFailoverUnpaused, "manual-failover-unpaused", 100,
     "a master goes on accepting writes while it hands over", "a pause that holds no client", "row 20"},

    {kEpochKept, "epoch-kept", 100, "the winner of an election keeps its old config epoch",
     "an epoch assigned after the claim was sent", "row 11"},
    {kEpochsForgotten, "epochs-forgotten", 100, "a restarted node begins with epoch 0",
     "a vars line of nodes.conf that is not read", "row 12"},
    {kCollisionLeft, "collision-left", 100, "masters keep equal config epochs",
     "a collision resolved by neither side", "row 11"},
    {kStaleClaimWins, "stale-claim-wins", 100, "a slot claim wins whatever its epoch",
     "an epoch that is not compared", "row 13"},
    {kOldMasterStays, "old-master-stays", 100, "a master that lost all its slots stays a master",
     "a reconfiguration that asks for the wrong node's slots", "row 13"},
    {kSlotDropped, "slot-dropped", 100, "a promoted replica takes all slots but the first",
     "a loop that begins at one", "row 13"},

    {kMinorityWrites, "minority-writes", 100, "a master without the majority goes on",
     "a state that only looks at the slots", "row 5"},
    {kMinorityReads, "minority-reads", 100, "a master without the majority serves reads",
     "a check for writes alone", "row 5"},
    {kRejoinAtOnce, "rejoin-at-once", 100, "a master that comes out of a minority serves at once",
     "a delay that is measured from the wrong event", "row 6"},
    {kReplicaAnswers, "replica-answers", 100, "a replica answers reads as if it were the master",
     "a readonly flag that is not asked for", "rule 6"},
    {kMigratingKeyServed, "migrating-key-served", 100,
     "the source of a slot that moves makes new keys in it instead of saying ASK",
     "a missing key that counts as an existing one", "row 22"},
    {kMovedToItself, "moved-to-itself", 100, "a redirection names the node that sends it",
     "an address taken from the wrong node", "row 13"},
    {kCrossSlotAccepted, "crossslot-accepted", 100, "a command with keys of several slots is carried out",
     "a check of the first two keys alone", "keys of one slot"},
    {kShardsWithoutSlots, "shards-without-slots", 100, "CLUSTER SHARDS shows no slots",
     "a range list that is flushed before it is filled", "views agree"},
    {kNodesLies, "nodes-lies", 1, "CLUSTER NODES shows a foreign slot as its own",
     "a range that ends one slot late", "row 14"},
    {kForgetUnbanned, "forget-unbanned", 100, "a forgotten node comes back by gossip at once",
     "a blacklist that is not asked", "row 24"},

    {kStrongAnswerEarly, "strong-answer-early", 100, "strong mode answers before the in-sync copies have it",
     "an acknowledgement counted from what was sent", "rule 1", DefectLine::Proof::simulation},
    {kStrongRemovalEarly, "strong-removal-early", 100,
     "a copy counts as out of the in-sync set before a majority knows",
     "a set changed when the change is proposed", "rule 1", DefectLine::Proof::simulation},
    {kStrongJoinEarly, "strong-join-early", 100, "a copy joins the in-sync set before it caught up",
     "a replica that counts as soon as it is connected", "rule 1", DefectLine::Proof::simulation},
    {kStrongLeaseLong, "strong-lease-long", 100, "a lease is trusted for longer than its electors keep it",
     "a lease measured in the wrong unit", "rule 1", DefectLine::Proof::simulation},
    {kStrongLeaseUnasked, "strong-lease-unasked", 100, "strong mode answers without a lease",
     "a lease asked for before the command alone", "rule 1", DefectLine::Proof::simulation},
    {kStrongLeaseIgnored, "strong-lease-ignored", 100, "an elector promises another while its lease lasts",
     "a lease that is not compared", "rule 1", DefectLine::Proof::simulation},
    {kStrongAnyHeir, "strong-any-heir", 100, "a copy outside of the in-sync set takes the seat",
     "an unclean election", "rule 1", DefectLine::Proof::simulation},
    {kStrongPromiseUnsaved, "strong-promise-unsaved", 100,
     "an elector's promises and records are not on disk", "a vote kept in memory", "rule 1",
     DefectLine::Proof::simulation},
    {kStrongLifeKept, "strong-life-kept", 100, "a restarted node takes its lost data for what it was",
     "an empty master that comes back", "rule 1", DefectLine::Proof::simulation},
};

constexpr bool complete() {
  if (std::size(kLines) != static_cast<std::size_t>(kCount)) return false;
  for (std::size_t i = 0; i < std::size(kLines); ++i)
    if (static_cast<std::size_t>(kLines[i].id) != i) return false;
  return true;
}
static_assert(complete(), "one line for each defect, in the order of the enumeration");

/// SplitMix64: a step and a mixture.
std::uint64_t next(std::uint64_t& state) {
  std::uint64_t x = state += 0x9E3779B97F4A7C15u;
  x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
  x = (x ^ x >> 27) * 0x94D049BB133111EBu;
  return x ^ x >> 31;
}

}  // namespace

std::span<const DefectLine> defect_lines() {
  return kLines;
}

const DefectLine* find_defect(std::string_view name) {
  const auto line = std::find_if(std::begin(kLines), std::end(kLines),
                                 [name](const DefectLine& l) { return l.name == name; });
  return line == std::end(kLines) ? nullptr : line;
}

void Defects::set(Defect defect, double percent) {
  percent_[static_cast<std::size_t>(defect)] = percent;
  any_ = std::any_of(percent_.begin(), percent_.end(), [](double p) { return p > 0; });
}

std::optional<std::string> Defects::add(std::string_view word) {
  const std::size_t colon = word.find(':');
  const DefectLine* line = find_defect(word.substr(0, colon));
  if (line == nullptr)
    return "unknown seeded defect '" + std::string(word.substr(0, colon)) +
           "': cluster-node --list-seeded-defects shows them";
  double percent = line->percent;
  if (colon != std::string_view::npos) {
    const std::string_view number = word.substr(colon + 1);
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), percent);
    if (error != std::errc{} || end != number.data() + number.size() || !(percent > 0) || percent > 100)
      return "the share of a seeded defect is more than 0 and at most 100 percent";
  }
  set(line->id, percent);
  return std::nullopt;
}

std::string Defects::text() const {
  std::string text;
  for (const DefectLine& line : kLines) {
    const double percent = percent_[static_cast<std::size_t>(line.id)];
    if (percent <= 0) continue;
    char number[32];
    const auto [end, error] = std::to_chars(number, number + sizeof number, percent);
    text += (text.empty() ? "" : " ") + std::string(line.name) + ":" + std::string(number, end);
  }
  return text;
}

bool Defects::strikes(Defect defect) const {
  const double percent = percent_[static_cast<std::size_t>(defect)];
  return percent >= 100 ||
         (percent > 0 && static_cast<double>(next(random_) >> 11) * 0x1p-53 * 100 < percent);
}

}  // namespace node
