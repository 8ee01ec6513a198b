// Puts an older copy of a file of a node back, whole or a part of it: a backup, or a disk that answered too
// soon.
#pragma once

#include "harness/faults/disk/damage.h"

namespace harness {

inline constexpr Parameter kFileRestoreParameters[] = {
    kDamagedFile,
    {"age", Parameter::Kind::kNumber, "how old the copy is: it is taken first", "s", "3", 0, 3600},
    {"offset", Parameter::Kind::kInteger, "first byte of the part that is put back", "bytes", "0"},
    {"bytes", Parameter::Kind::kInteger, "length of that part; 0: the whole file", "bytes", "0"},
    kDamageStop,
    kDamageRestart,
    kDamageMend,
};

std::unique_ptr<ActiveFault> inject_file_restore(FaultContext& context, const FaultRequest& request,
                                                 FaultRecord& record);

}  // namespace harness
