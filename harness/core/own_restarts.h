// Servers that start themselves anew under their own process id (DEBUG RESTART, DEBUG CRASH-AND-RECOVER):
// who watches processes sees nothing of it, but the run id that a node shows is another one.
#pragma once

#include "harness/core/run_record.h"

namespace harness {

/// Divides each life in which a node's run id changed into one before and one after. When the old one ended
/// and the new one began is known from the looks: after the last that showed the old run id, and by the first
/// that showed the new. Expected is such an end where a fault, or a command, excuses it.
void divide_lives_at_own_restarts(RunRecord& record);

}  // namespace harness
