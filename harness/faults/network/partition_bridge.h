// The nodes other than the target are two halves that see the target, and not each other. Clients see all
// nodes.
#pragma once

#include "harness/faults/common/fault.h"

namespace harness {

std::unique_ptr<ActiveFault> inject_partition_bridge(FaultContext& context, const FaultRequest& request,
                                                     FaultRecord& record);

}  // namespace harness
