// The wall clock of a node runs fast or slow, and jumps back when it is healed.
#pragma once

#include "harness/faults/clock/shift_clock.h"

namespace harness {

inline constexpr Parameter kClockSkewParameters[] = {
    {"rate", Parameter::Kind::kNumber, "what a second gains; negative: loses", "percent", "20", -90, 1000},
};

std::unique_ptr<ActiveFault> inject_clock_skew(FaultContext& context, const FaultRequest& request,
                                               FaultRecord& record);

}  // namespace harness
