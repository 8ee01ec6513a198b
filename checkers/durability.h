// "durability": a master that came back before anybody replaced it serves what the recorded persistence
// promises: with append-always every acknowledged write, with append-everysec all but the last second.
#pragma once

#include "checkers/common/checker.h"

namespace harness {

/// The ledger's losses across restarts, of every load whose object it knows, under a name of their own (rule
/// 4 of PROMISES.md). Not applicable where no master restarted so, or clients used no key both before and
/// after. measured: restarts, keys_compared, restart_lost_writes, restart_lost_writes_allowed.
CheckResult check_durability(const Analysis& analysis, const CheckOptions& options);

}  // namespace harness
