// SIGKILL: no handler runs, the kernel closes the node's connections.
#pragma once

#include "harness/faults/common/fault.h"

namespace harness {

std::unique_ptr<ActiveFault> inject_kill(FaultContext& context, const FaultRequest& request,
                                         FaultRecord& record);

}  // namespace harness
