// Starts a dead node again, with its own data and its own nodes.conf.
#pragma once

#include "harness/faults/common/fault.h"

namespace harness {

std::unique_ptr<ActiveFault> inject_restart(FaultContext& context, const FaultRequest& request,
                                            FaultRecord& record);

}  // namespace harness
