// CLUSTER FAILOVER: an administrator makes a replica the master.
#pragma once

#include "harness/faults/common/fault.h"

namespace harness {

inline constexpr std::string_view kFailoverModes[] = {"plain", "force", "takeover"};
inline constexpr Parameter kManualFailoverParameters[] = {
    {"mode", Parameter::Kind::kChoice, "how", {}, "\"plain\"", 0, 0, kFailoverModes}};

std::unique_ptr<ActiveFault> inject_manual_failover(FaultContext& context, const FaultRequest& request,
                                                    FaultRecord& record);

}  // namespace harness
