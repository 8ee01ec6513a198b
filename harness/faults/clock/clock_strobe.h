// The wall clock of a node jumps there and back, again and again.
#pragma once

#include "harness/faults/clock/shift_clock.h"

namespace harness {

inline constexpr Parameter kClockStrobeParameters[] = {
    {"step", Parameter::Kind::kNumber, "how far ahead it is in turn; negative: behind", "s", "5", -1e8, 1e8},
    {"period", Parameter::Kind::kInteger, "how long it is there and back together", "ms", "400", 80, 60'000},
};

std::unique_ptr<ActiveFault> inject_clock_strobe(FaultContext& context, const FaultRequest& request,
                                                 FaultRecord& record);

}  // namespace harness
