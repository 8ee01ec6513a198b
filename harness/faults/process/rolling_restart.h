// One node after another is terminated and started again, each awaited before the next.
#pragma once

#include "harness/faults/common/fault.h"

namespace harness {

inline constexpr Parameter kRollingRestartParameters[] = {
    {"pause", Parameter::Kind::kNumber, "between a node that is back and the next", "s", "1", 0, 600}};

std::unique_ptr<ActiveFault> inject_rolling_restart(FaultContext& context, const FaultRequest& request,
                                                    FaultRecord& record);

}  // namespace harness
