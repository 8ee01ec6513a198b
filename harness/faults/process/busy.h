// A script that does not end: the server serves nobody else, until SCRIPT KILL.
#pragma once

#include "harness/faults/common/fault.h"

namespace harness {

std::unique_ptr<ActiveFault> inject_busy(FaultContext& context, const FaultRequest& request,
                                         FaultRecord& record);

}  // namespace harness
