// Tears a file of a node: it keeps its length, but zeros stand where blocks never reached the disk.
#pragma once

#include "harness/faults/disk/damage.h"

namespace harness {

inline constexpr Parameter kFileTornParameters[] = {
    kDamagedFile,
    kDamagedPlace,
    kDamagedOffset,
    {"bytes", Parameter::Kind::kInteger, "how many are zero from there on; 0: to the end", "bytes", "0"},
    kDamageStop,
    kDamageRestart,
    kDamageMend,
};

std::unique_ptr<ActiveFault> inject_file_torn(FaultContext& context, const FaultRequest& request,
                                              FaultRecord& record);

}  // namespace harness
