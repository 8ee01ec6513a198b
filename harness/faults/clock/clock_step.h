// The wall clock of a node jumps, and jumps back when it is healed.
#pragma once

#include "harness/faults/clock/shift_clock.h"

namespace harness {

inline constexpr Parameter kClockStepParameters[] = {
    {"step", Parameter::Kind::kNumber, "how far ahead it is then; negative: behind", "s", "60", -1e8, 1e8},
};

std::unique_ptr<ActiveFault> inject_clock_step(FaultContext& context, const FaultRequest& request,
                                               FaultRecord& record);

}  // namespace harness
