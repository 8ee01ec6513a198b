// SIGSTOP, healed by SIGCONT: the process hangs with its connections open and its clock running.
#pragma once

#include "harness/faults/common/fault.h"

namespace harness {

std::unique_ptr<ActiveFault> inject_pause(FaultContext& context, const FaultRequest& request,
                                          FaultRecord& record);

}  // namespace harness
