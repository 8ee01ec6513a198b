// CONFIG SET, and back when it is healed.
#pragma once

#include "harness/faults/common/fault.h"

namespace harness {

inline constexpr Parameter kConfigSetParameters[] = {
    {"name", Parameter::Kind::kText, "which directive", {}, {}},
    {"value", Parameter::Kind::kText, "its value", {}, {}}};

std::unique_ptr<ActiveFault> inject_config_set(FaultContext& context, const FaultRequest& request,
                                               FaultRecord& record);

}  // namespace harness
