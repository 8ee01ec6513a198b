// SIGTERM: the server shuts down as an operator would have it.
#pragma once

#include "harness/faults/common/fault.h"

namespace harness {

std::unique_ptr<ActiveFault> inject_terminate(FaultContext& context, const FaultRequest& request,
                                              FaultRecord& record);

}  // namespace harness
