// Terms: who was master of what, and when, as far as the recorded views make it certain
// (checkers/PROMISES.md, "The documented verdict, precisely"). A term is one stint of one process as a
// master. Its stream of writes is one history; a replica that is promoted continues a prefix of the stream
// that it replicated, so terms form a tree.
//
// The observer looks every 100 ms and stamps a look when the answer is there, so a stint has two extents:
// `surely` between the first and the last look that saw the role, `maybe` between the looks (or the start and
// the end of the process) that deny it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/core/run_record.h"

namespace harness {

inline constexpr int kNoTerm = -1;

/// What a master said of its own slots, from this look on.
struct Claim {
  Nanos from = 0;          // the look that first showed it
  Nanos denied_until = 0;  // the look before it, which showed something else
  SlotRanges slots;
};

struct Term {
  /// How the stint began, and so what its first state is.
  enum class Origin {
    kCreated,    // it began empty: the node was created as a master, or emptied (FLUSHALL)
    kPromoted,   // in place of `parent`, which it had replicated: a prefix of the parent's stream
    kRestarted,  // the process came back as a master: what the persistence of `parent` held, perhaps nothing
    kUnknown,    // the views do not tell
  };

  int node = -1;
  int life = -1;                   // index into RunRecord::incarnations, -1: lives were not recorded
  std::uint64_t config_epoch = 0;  // the greatest that the node claimed in this stint
  Nanos maybe_from = 0;
  Nanos surely_from = 0;
  Nanos surely_until = 0;
  Nanos maybe_until = kNever;
  /// What the node answered after this it answered in this stint. Earlier than maybe_from: a look that still
  /// saw a replica may have been answered just before the promotion and stamped after it, and a replica
  /// answers no operation.
  Nanos answers_from = 0;
  bool owned_slots = false;
  SlotRanges slots;                          // at the last look that saw some
  std::vector<Claim> claims;                 // in order of time; the first is that of the first look
  std::vector<std::string> replication_ids;  // of its stream; a new one begins when a first replica attaches
  Origin origin = Origin::kUnknown;
  int parent = kNoTerm;
  /// Of a promoted one: false where it had copied nothing of its parent, which was dead by then.
  bool copied = true;
  int emptied = kNoTerm;  // the same stint before its data was removed on purpose
};

/// What `source` acknowledged before this, the replica that became `heir` had surely applied before its
/// promotion; -1 when the offsets tell nothing. From two looks: the master's offset read after that time was
/// not beyond an offset that the replica had. So the sampling interval is in it.
Nanos replicated_until(const RunRecord& run, const Term& source, const Term& heir);

class Terms {
 public:
  explicit Terms(const RunRecord& run);

  const std::vector<Term>& all() const { return terms_; }
  const Term& operator[](int term) const { return terms_[static_cast<std::size_t>(term)]; }
  bool empty() const { return terms_.empty(); }
  std::size_t size() const { return terms_.size(); }

  /// The term in which `node` answered an operation that ran from `invoked` to `completed`; kNoTerm when that
  /// is not certain.
  int term_of(int node, Nanos invoked, Nanos completed) const;

  /// Whether no term of the node can have been there at any moment of this time.
  bool surely_none(int node, Nanos from, Nanos until) const;

  /// Whether `ancestor` is on the path from `term` (excluded) to its root.
  bool descends(int term, int ancestor) const;
  /// The first term of the lineage.
  int root_of(int term) const;
  /// Whether the path to the root is certain: it ends in a created master.
  bool lineage_known(int term) const;
  /// "n5, epoch 8".
  std::string describe(const RunRecord& run, int term) const;

 private:
  void find_stints(const RunRecord& run, int node, const std::vector<const View*>& views);
  void find_origin(const RunRecord& run, int term, const std::vector<std::vector<const View*>>& views);
  int term_with_stream(const std::string& replication_id, int not_node) const;
  bool has_other_term(int node, int term, Nanos from, Nanos until) const;
  void find_uncopied(const RunRecord& run, Term& heir, const View& given, const View& last) const;
  void split(const RunRecord& run, int term, const FaultRecord& fault);
  void follow_split(const RunRecord& run, int before, int after);

  std::vector<Term> terms_;
  std::vector<std::vector<int>> of_node_;
};

}  // namespace harness
