// SCRIPT FLUSH: the nodes forget the scripts that they were given.
#pragma once

#include "harness/faults/common/fault.h"

namespace harness {

std::unique_ptr<ActiveFault> inject_script_flush(FaultContext& context, const FaultRequest& request,
                                                 FaultRecord& record);

}  // namespace harness
