// The disk is slow: what a node syncs or writes takes so long.
#pragma once

#include "harness/faults/disk/impede.h"

namespace harness {

inline constexpr std::string_view kSlowCallWords[] = {"fsync", "write"};
inline constexpr Parameter kDiskSlowParameters[] = {
    kImpededFile,
    {"on", Parameter::Kind::kChoice, "what is slow", "", "\"fsync\"", 0, 0, kSlowCallWords},
    {"delay", Parameter::Kind::kNumber, "how long each call takes", "ms", "200", 0.1, 60'000},
};

std::unique_ptr<ActiveFault> inject_disk_slow(FaultContext& context, const FaultRequest& request,
                                              FaultRecord& record);

}  // namespace harness
