// When nothing happened to the cluster: no fault acted or was being recovered from, no command of the plan
// was sent, no master changed, and the machine kept up. Only then may a promise be asked that any of these
// excuses.
#pragma once

#include <utility>
#include <vector>

#include "checkers/promises/analysis.h"

namespace harness {

/// Until when the fault acted: healed, or its nodes were started again, or it was a matter of a moment. Slots
/// that move there and back are seen to have moved half-way, and are back when that is healed. kNever: it was
/// not seen to end.
Nanos acts_until(const RunRecord& run, const FaultRecord& fault);

class Quiet {
 public:
  enum class Of { kEverything, kFaults };  // kFaults: commands of the plan are no disturbance
  explicit Quiet(const Analysis& analysis, Of of = Of::kEverything);
  /// Whether nothing happened at any moment of this time, nor so shortly before that links may still be made
  /// again.
  bool holds(Nanos from, Nanos until) const;

 private:
  std::vector<std::pair<Nanos, Nanos>> disturbed_;
  bool stalled_ = false;  // for so long that nodes may have given each other up
};

}  // namespace harness
