// The cluster as the observer saw it, arranged for drawing: what each node was at each time, who suspected
// it, who claimed which slots in whose eyes, and when a range of slots answered nobody.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/run_record.h"
#include "reports/strength.h"

namespace harness::reporting {

enum class NodeState : std::uint8_t { kMaster, kReplica, kUnreachable, kDead };
/// "master", "replica", "unreachable" or "dead".
std::string_view to_string(NodeState state);

/// A node's own state over [begin, end), by its own answers and by its process' life.
struct LaneSegment {
  Nanos begin = 0;
  Nanos end = 0;
  NodeState state = NodeState::kUnreachable;
  std::uint64_t epoch = 0;  // its config epoch while it is a master; 0: unknown
};

/// How many other nodes had it as PFAIL, and as FAIL, over [begin, end).
struct Suspicion {
  Nanos begin = 0;
  Nanos end = 0;
  int pfail = 0;
  int fail = 0;
};

struct Lane {
  int node = 0;
  std::vector<LaneSegment> segments;  // in order, without overlap
  std::vector<Suspicion> suspicions;  // in order; only where somebody suspected it
};

/// One lane for each node of the record.
std::vector<Lane> role_lanes(const RunRecord& record);

/// The record's views arranged by node, for many questions about single moments. The record must outlive it.
class Observations {
 public:
  explicit Observations(const RunRecord& record);

  /// The view of a node that holds at a time, or null before its first.
  const View* view_at(int node, Nanos time) const;
  /// Its last view with an answer up to that time, or null.
  const View* answer_at(int node, Nanos time) const;
  /// What the node was then.
  NodeState state_at(int node, Nanos time) const;
  /// "master, epoch 6", "replica", "dead": for a moment of a story.
  std::string role_words(int node, Nanos time) const;

 private:
  std::vector<std::vector<const View*>> views_;    // by node, in order of begin
  std::vector<std::vector<const View*>> answers_;  // those that are reachable
  std::vector<std::vector<Span>> deaths_;
};

/// Who owns the slots first..last in somebody's eyes; owner -1: nobody, or a node that we don't know.
struct OwnedRange {
  int first = 0;
  int last = 0;
  int owner = -1;
  friend bool operator==(const OwnedRange&, const OwnedRange&) = default;
};
using SlotMap = std::vector<OwnedRange>;  // in order of slots, covers all of them

SlotMap slot_map(const RunRecord& record, const Topology& topology);

/// Each observer's map of slots over time; maps are kept once.
struct Ownership {
  struct Span {
    int observer = 0;
    Nanos begin = 0;
    Nanos end = 0;
    std::size_t map = 0;  // into maps
  };
  std::vector<SlotMap> maps;
  std::vector<Span> spans;
};

Ownership slot_ownership(const RunRecord& record);

/// A range of slots as it was dealt at creation, and the times in which nothing on it was acknowledged though
/// clients asked.
struct Availability {
  SlotRange range;
  int shard = 0;
  std::size_t acknowledged = 0;
  std::vector<Span> gaps;
  Nanos longest = 0;
};

/// A gap is a time of at least `shortest` between two acknowledgements (or the edges of the clients' work) in
/// which at least one operation on the range was refused or got no answer.
std::vector<Availability> availability(const RunRecord& record, Nanos shortest = 100 * kMillisecond);

}  // namespace harness::reporting
