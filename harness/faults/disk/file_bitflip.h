// Flips bits of a file of a node, as a disk without checksums may.
#pragma once

#include "harness/faults/disk/damage.h"

namespace harness {

inline constexpr Parameter kFileBitflipParameters[] = {
    kDamagedFile,
    kDamagedPlace,
    kDamagedOffset,
    {"bits", Parameter::Kind::kInteger, "how many, one a byte from there on; which is drawn", "", "1", 1,
     1e6},
    kDamageStop,
    kDamageRestart,
    kDamageMend,
};

std::unique_ptr<ActiveFault> inject_file_bitflip(FaultContext& context, const FaultRequest& request,
                                                 FaultRecord& record);

}  // namespace harness
