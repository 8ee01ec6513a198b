// Keys that a node may evict, since it has a limit of memory and a policy that says so (redis.conf:
// maxmemory, maxmemory-policy): nothing is lost then, whatever is missing.
#pragma once

#include <vector>

#include "harness/core/run_record.h"

namespace harness {

/// A record, which lasts, for each time and node in which the plan's directives or a setting that a fault
/// changed may have evicted keys. Commands of the plan are told by harness/core/command_effects.
std::vector<FaultRecord> evictions(const RunRecord& run);

}  // namespace harness
