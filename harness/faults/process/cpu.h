// Starves a node of the processor: it runs for a part of each period only, as under a quota of a cgroup,
// which an ordinary user rarely may set. The rest of the machine is not loaded by it.
#pragma once

#include "harness/faults/common/fault.h"

namespace harness {

inline constexpr Parameter kCpuParameters[] = {
    {"share", Parameter::Kind::kNumber, "the part of each period in which it runs", "percent", "10", 1, 90},
    {"period", Parameter::Kind::kInteger, "how long a period is", "ms", "100", 10, 10'000}};

std::unique_ptr<ActiveFault> inject_cpu(FaultContext& context, const FaultRequest& request,
                                        FaultRecord& record);

}  // namespace harness
