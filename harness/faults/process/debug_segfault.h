// DEBUG SEGFAULT, as the seed document does it: the server's own crash handler runs, then SIGSEGV ends it.
#pragma once

#include "harness/faults/common/fault.h"

namespace harness {

std::unique_ptr<ActiveFault> inject_debug_segfault(FaultContext& context, const FaultRequest& request,
                                                   FaultRecord& record);

}  // namespace harness
