// What commands of a plan's steps do to the cluster. A fault declares its effects; a command is whatever its words
// say, so this table says them: CLUSTER FAILOVER is a handover, SETSLOT changes the membership, FLUSHALL removes
// data. Checkers then judge a cluster that was changed by a command as one that was changed by a fault.
#pragma once

#include <vector>

#include "harness/core/run_record.h"

namespace harness {

/// One record for each command that took effect (or may have: no answer) and has effects, in order of time.
std::vector<FaultRecord> faults_of_commands(const std::vector<CommandRecord>& commands);

}  // namespace harness
