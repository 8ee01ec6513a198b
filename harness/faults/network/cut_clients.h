// Clients are cut off from a node, which the other nodes still see.
#pragma once

#include "harness/faults/network/degrade.h"

namespace harness {

inline constexpr Parameter kCutClientsParameters[] = {
    kDirectionParameter,
};
std::unique_ptr<ActiveFault> inject_cut_clients(FaultContext& context, const FaultRequest& request,
                                                FaultRecord& record);

}  // namespace harness
