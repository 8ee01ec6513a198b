// The power of several nodes goes at once: what they had not synced is lost.
#pragma once

#include "harness/faults/disk/damage.h"

namespace harness {

inline constexpr Parameter kPowerLossParameters[] = {
    kDamageRestart,
};

std::unique_ptr<ActiveFault> inject_power_loss(FaultContext& context, const FaultRequest& request,
                                               FaultRecord& record);

}  // namespace harness
