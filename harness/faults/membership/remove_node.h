// A node leaves the cluster for good: its slots go to the others, all forget it.
#pragma once

#include "harness/faults/common/fault.h"

namespace harness {

std::unique_ptr<ActiveFault> inject_remove_node(FaultContext& context, const FaultRequest& request,
                                                FaultRecord& record);

}  // namespace harness
