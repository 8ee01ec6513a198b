// Whose stream a slot's operations belong to, when slots move between shards. Lineage belongs to the slot:
// when SETSLOT NODE passes it from source to target, the target's term continues the source's for that slot,
// with no cut, so that both are one stream (checkers/PROMISES.md, "Slots that move"). Without a move each
// term is a stream of its own.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "checkers/promises/terms.h"

namespace harness {

class SlotStreams {
 public:
  explicit SlotStreams(const Terms& terms);

  /// The stream in which `term` answered an operation on a key of `slot` at `time`: named by the term that
  /// began it. A target that imports the slot answers in the owner's stream.
  int stream_of(int term, int slot, Nanos time) const;
  /// The stream that `stream` continues behind a cut, or kNoTerm.
  int parent_of(int stream, int slot) const;
  /// Whether the slot ever passed from one term to another, or was served by a term that never owned it.
  bool moved(int slot) const { return !moves_.empty() && !links_[static_cast<std::size_t>(slot)].empty(); }
  bool any_moved() const { return !moves_.empty(); }
  bool ever_owned(int term, int slot) const;
  /// The first look at which the term claimed the slot; kNever when none did.
  Nanos owned_from(int term, int slot) const;

 private:
  struct Move {
    int from = kNoTerm;
    int to = kNoTerm;
  };
  void find_moves(int to, const Claim& before, const Claim& now);
  int owner_before(int slot, Nanos time, int except) const;
  bool outdated(int term, int slot) const;
  int first_of(int term, int slot) const;

  const Terms& terms_;
  std::vector<Move> moves_;
  std::vector<std::vector<std::uint32_t>> links_;  // by slot: indices into moves_, in order of time
};

}  // namespace harness
