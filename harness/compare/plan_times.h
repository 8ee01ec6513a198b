// When the steps of a plan come if nothing keeps them waiting, and a plan without the time in which nothing
// would happen. Pure.
#pragma once

#include <vector>

#include "harness/core/plan.h"

namespace harness {

struct StepTime {
  Nanos begin = 0;
  /// Of a fault that only the load's end heals: as `begin`.
  Nanos end = 0;
};

/// One a step, from the start of the load. A condition that a step waits for takes no time here: a run is
/// never ahead of these times.
std::vector<StepTime> planned_times(const Plan& plan);

/// When its last step ends.
Nanos planned_end(const Plan& plan);
/// How long its load lasts at the least.
Nanos planned_length(const Plan& plan);

/// The plan whose steps come sooner wherever nothing would have been under way for longer than `most`. Those
/// at times of their own are moved, in their order; what overlapped overlaps as it did.
Plan without_idle_time(const Plan& plan, Nanos most);

}  // namespace harness
