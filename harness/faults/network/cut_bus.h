// The bus port of a node is cut off from the other nodes: clients and replication go on.
#pragma once

#include "harness/faults/network/degrade.h"

namespace harness {

inline constexpr Parameter kCutBusParameters[] = {
    kDirectionParameter,
};
std::unique_ptr<ActiveFault> inject_cut_bus(FaultContext& context, const FaultRequest& request,
                                            FaultRecord& record);

}  // namespace harness
