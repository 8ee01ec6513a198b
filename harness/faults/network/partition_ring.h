// The nodes stand in a ring, the target first; each sees a majority of them, and no two see the same. Clients
// see all nodes.
#pragma once

#include "harness/faults/common/fault.h"

namespace harness {

std::unique_ptr<ActiveFault> inject_partition_ring(FaultContext& context, const FaultRequest& request,
                                                   FaultRecord& record);

}  // namespace harness
