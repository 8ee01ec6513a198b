// DEBUG SLEEP: the server hangs for a while, and wakes up by itself.
#pragma once

#include "harness/faults/common/fault.h"

namespace harness {

inline constexpr Parameter kDebugSleepParameters[] = {
    {"seconds", Parameter::Kind::kNumber, "how long it sleeps", "s", "3", 0.1, 60}};

std::unique_ptr<ActiveFault> inject_debug_sleep(FaultContext& context, const FaultRequest& request,
                                                FaultRecord& record);

}  // namespace harness
