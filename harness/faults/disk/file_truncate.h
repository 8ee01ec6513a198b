// Cuts a file of a node short: what stood behind the place is gone.
#pragma once

#include "harness/faults/disk/damage.h"

namespace harness {

inline constexpr Parameter kFileTruncateParameters[] = {
    kDamagedFile, kDamagedPlace, kDamagedOffset, kDamageStop, kDamageRestart, kDamageMend,
};

std::unique_ptr<ActiveFault> inject_file_truncate(FaultContext& context, const FaultRequest& request,
                                                  FaultRecord& record);

}  // namespace harness
