// Established connections of a node end with a reset at both ends.
#pragma once

#include "harness/faults/network/degrade.h"

namespace harness {

inline constexpr Parameter kResetParameters[] = {
    kPeersParameter,
    kPortParameter,
};
std::unique_ptr<ActiveFault> inject_reset(FaultContext& context, const FaultRequest& request,
                                          FaultRecord& record);

}  // namespace harness
