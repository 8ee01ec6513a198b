// CONFIG SET, and back when it is healed.
#pragma once

#include "harness/faults/common/fault.h"

namespace harness {

inline constexpr Parameter kConfigSetParameters[] = {
    {"name", Parameter::Kind::kText, "which directive", {}, {}},
    {"value", Parameter::Kind::kText, "its value", {}, {}}};

std::unique_ptr<ActiveFault> inject_config_set(FaultContext& context, const FaultRequest& request,
                                               FaultRecord& record);

/// The directive that the step changes at the servers; nothing for steps of other kinds.
std::optional<std::string> directive_set_by(const StepPlan& step);

}  // namespace harness
