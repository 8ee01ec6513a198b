// No space is left: what a node writes is refused with ENOSPC.
#pragma once

#include "harness/faults/disk/impede.h"

namespace harness {

inline constexpr Parameter kDiskFullParameters[] = {
    kImpededFile,
};

std::unique_ptr<ActiveFault> inject_disk_full(FaultContext& context, const FaultRequest& request,
                                              FaultRecord& record);

}  // namespace harness
