// CLUSTER BUMPEPOCH: a node takes a new config epoch without asking anybody.
#pragma once

#include "harness/faults/common/fault.h"

namespace harness {

std::unique_ptr<ActiveFault> inject_bump_epoch(FaultContext& context, const FaultRequest& request,
                                               FaultRecord& record);

}  // namespace harness
