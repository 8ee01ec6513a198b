// A replica is given to another master.
#pragma once

#include "harness/faults/common/fault.h"

namespace harness {

inline constexpr Parameter kReplicateParameters[] = {
    {"of", Parameter::Kind::kTarget, "whose it becomes; without it another master", {}, "null"}};

std::unique_ptr<ActiveFault> inject_replicate(FaultContext& context, const FaultRequest& request,
                                              FaultRecord& record);

}  // namespace harness
