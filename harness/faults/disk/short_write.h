// A write at the end of a file of a node writes its first bytes, and says so.
#pragma once

#include "harness/faults/disk/impede.h"

namespace harness {

inline constexpr Parameter kShortWriteParameters[] = {
    kImpededFile,
    {"bytes", Parameter::Kind::kInteger, "so many are written", "bytes", "10", 0, 1e9},
};

std::unique_ptr<ActiveFault> inject_short_write(FaultContext& context, const FaultRequest& request,
                                                FaultRecord& record);

}  // namespace harness
