// Whether one of the documented windows (harness/core/verdict.h; checkers/PROMISES.md row 7 rule 4) explains
// what a deposed master did. A window ends somewhere: on the minority side by the bound of row 5, and after a
// restart the disk must hold what the plan's persistence promises.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "checkers/promises/bounds.h"
#include "checkers/promises/terms.h"
#include "harness/core/run_record.h"

namespace harness {

/// Something that the term `parent` did and that `child`, which continued it, does not know of.
struct Deviation {
  int parent = kNoTerm;
  int child = kNoTerm;
  Nanos invoked = 0;     // it took effect after this
  Nanos effect_by = 0;   // and surely before this
  bool is_write = true;  // false: a read of an old value
};

struct Attribution {
  enum class Kind { kAllowed, kUnknown, kViolation };
  Kind kind = Kind::kUnknown;
  Window window = Window::kOutside;  // when allowed
  Nanos age = 0;                     // before the fault (a), after the return (b), after the cut (c)
  std::string why;           // a clause: "23 ms before debug-segfault at 10.120 s, not yet replicated"
  std::string promise = {};  // that a violation breaks beside row 7; or empty
};

/// Within this the nodes agree on the owners of slots, once they can hear each other: what changed is told in
/// the next ping of every link, due after half a node timeout at the latest, and a claim that lost is
/// answered by an UPDATE; a link that was closed, or hangs, is renewed within the other half. The second is
/// for the crons of both sides, a handshake and the looks of the observer. Derived, row 13; `stall` is the
/// machine's.
Nanos convergence_bound(const Bounds& bounds, Nanos stall);

class Windows {
 public:
  Windows(const RunRecord& run, const Terms& terms, const BoundsOverTime& bounds, Nanos stall);

  Attribution attribute(const Deviation& deviation) const;
  /// Whether a replica was promoted in place of the node that restarted with the term `restarted`.
  bool replaced(int restarted) const;

  /// What was acknowledged before this, the replica of `child` had surely applied before its promotion
  /// (terms.h); -1 when the offsets tell nothing, or when it was not promoted.
  Nanos replicated_until(int child) const { return replicated_until_[static_cast<std::size_t>(child)]; }

  /// The faults on the parent's node that can have led to the child's promotion, latest first.
  const std::vector<const FaultRecord*>& causes(int child) const {
    return causes_[static_cast<std::size_t>(child)];
  }

 private:
  std::vector<const FaultRecord*> find_causes(const Term& heir) const;
  const Term* replacement_of(const Term& restarted) const;
  Attribution after_restart(const Deviation& deviation) const;
  Attribution though_replaced(const Term& restarted, const Term& replacement) const;
  Attribution by_persistence(const Deviation& deviation) const;
  std::optional<Attribution> by_damage(const Deviation& deviation) const;
  Attribution beyond_the_disk(const Deviation& deviation, const std::string& what) const;
  Attribution by_fault(const FaultRecord& fault, const Deviation& deviation) const;
  Attribution before_fault(const FaultRecord& fault, const Deviation& deviation) const;
  bool takes_over_by(const FaultRecord& fault, const Term& heir) const;
  bool may_cost_mastership(const FaultRecord& fault, const Term& heir, int lost) const;
  Nanos surely_by_hand(const Term& heir) const;
  Attribution after_handover(const FaultRecord& fault, const Deviation& deviation) const;
  Attribution by_handover(const FaultRecord& fault, const Deviation& deviation) const;
  Attribution during_fault(const FaultRecord& fault, const Deviation& deviation) const;

  const RunRecord& run_;
  const Terms& terms_;
  const BoundsOverTime& bounds_;
  Nanos stall_;
  std::vector<Nanos> replicated_until_;                  // of each term, as a child
  std::vector<std::vector<const FaultRecord*>> causes_;  // likewise
};

}  // namespace harness
