// Every other node forgets a node, and meets it again when it is healed.
#pragma once

#include "harness/faults/common/fault.h"

namespace harness {

std::unique_ptr<ActiveFault> inject_forget_and_meet(FaultContext& context, const FaultRequest& request,
                                                    FaultRecord& record);

}  // namespace harness
