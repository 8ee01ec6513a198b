// A node forgets its established connections, and its peers are not told: their ends are silently dead until
// the fault is healed. New connections work.
#pragma once

#include "harness/faults/network/degrade.h"

namespace harness {

inline constexpr Parameter kHalfOpenParameters[] = {
    kPeersParameter,
    kPortParameter,
};
std::unique_ptr<ActiveFault> inject_half_open(FaultContext& context, const FaultRequest& request,
                                              FaultRecord& record);

}  // namespace harness
