// The client port of a node is cut off from everybody, replication too: the bus goes on.
#pragma once

#include "harness/faults/network/degrade.h"

namespace harness {

inline constexpr Parameter kCutPortParameters[] = {
    kDirectionParameter,
};
std::unique_ptr<ActiveFault> inject_cut_port(FaultContext& context, const FaultRequest& request,
                                             FaultRecord& record);

}  // namespace harness
