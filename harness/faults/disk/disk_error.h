// The disk fails: what a node writes or syncs is refused with EIO.
#pragma once

#include "harness/faults/disk/impede.h"

namespace harness {

inline constexpr std::string_view kDiskCallWords[] = {"fsync", "write"};
inline constexpr Parameter kDiskErrorParameters[] = {
    kImpededFile,
    {"on", Parameter::Kind::kChoice, "what fails", "", "\"fsync\"", 0, 0, kDiskCallWords},
};

std::unique_ptr<ActiveFault> inject_disk_error(FaultContext& context, const FaultRequest& request,
                                               FaultRecord& record);

}  // namespace harness
