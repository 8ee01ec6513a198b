/// Mistakes that are made on purpose, so that whoever verifies this node can be verified: each is a line of
/// the table and one guarded place in the room where the real mistake would be made. All are off unless the
/// configuration file says `enable-seeded-defects yes` and names them; then the log and INFO say so.
///
/// A set of defects is a value. Rooms get it with their configuration, and keep no other state for it.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace node {

enum class Defect : std::uint8_t {
  // data
  kWriteUnapplied,
  kWriteUnpropagated,
  kWritePropagatedTwice,
  kTransactionHalfPropagated,
  kExpiryUnpropagated,
  kReadMisses,
  kScriptReadsNothing,
  kWatchMissed,
  kRestoreUnapplied,
  kWriteUnlogged,
  // replication
  kResyncHole,
  kResyncAnyHistory,
  kSnapshotWithoutBacklog,
  kLinkStatusLies,
  kPromotionLosesKeys,
  kCrashAtPromotion,
  // elections and failure detection
  kVoteTwice,
  kVoteBeforePersist,
  kVoteUnsaved,
  kElectionWithoutMajority,
  kElectionLate,
  kRankIgnored,
  kDataAgeIgnored,
  kFailByOneReport,
  kPfailKept,
  kFailKept,
  kManualFailoverUnpaused,
  // epochs and slots
  kEpochKept,
  kEpochsForgotten,
  kCollisionLeft,
  kStaleClaimWins,
  kOldMasterStays,
  kSlotDropped,
  // what clients are told
  kMinorityWrites,
  kMinorityReads,
  kRejoinAtOnce,
  kReplicaAnswers,
  kMigratingKeyServed,
  kMovedToItself,
  kCrossSlotAccepted,
  kShardsWithoutSlots,
  kNodesLies,
  kForgetUnbanned,
  // strong mode
  kStrongAnswerEarly,
  kStrongRemovalEarly,
  kStrongJoinEarly,
  kStrongLeaseLong,
  kStrongLeaseUnasked,
  kStrongLeaseIgnored,
  kStrongAnyHeir,
  kStrongPromiseUnsaved,
  kStrongLifeKept,
  kCount
};

/// A line of the table.
struct DefectLine {
  Defect id;
  std::string_view name;
  double percent;            ///< of the occasions, where the directive does not say
  std::string_view broken;   ///< what the node does
  std::string_view like;     ///< the kind of real bug
  std::string_view promise;  ///< that it breaks: PROMISES.md's row, or the rule of the verdict
  /// Where it is seen: most in runs of the node, some in the simulation of its state machines alone.
  enum class Proof : std::uint8_t { runs, simulation } proof = Proof::runs;
};
std::span<const DefectLine> defect_lines();
const DefectLine* find_defect(std::string_view name);

class Defects {
 public:
  Defects() = default;
  Defects(std::initializer_list<Defect> always) {
    for (const Defect defect : always) set(defect, 100);
  }

  bool any() const { return any_; }
  /// Whether the mistake is to be made now: the one test that a node without defects pays.
  bool operator()(Defect defect) const { return any_ && strikes(defect); }

  void set(Defect defect, double percent);
  /// From "NAME" or "NAME:PERCENT"; a text says why not.
  std::optional<std::string> add(std::string_view word);
  /// "write-unapplied:0.1 vote-twice:100"; empty: none.
  std::string text() const;
  /// Which occasions are struck is drawn from here.
  void seed(std::uint64_t seed) { random_ = seed; }

 private:
  bool strikes(Defect defect) const;

  bool any_ = false;
  std::array<double, static_cast<std::size_t>(Defect::kCount)> percent_{};
  mutable std::uint64_t random_ = 1;
};

}  // namespace node
