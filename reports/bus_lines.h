// Messages of the cluster bus that matter, as lines of a log.
#pragma once

#include <vector>

#include "harness/core/run_record.h"

namespace harness::reporting {

/// In the place of the role that a line of a node tells.
inline constexpr char kBusLine = 'B';

/// "bus: FAILOVER_AUTH_ACK n2 -> n5, epoch 9, ..." as if the sender had logged it, in order of time. Those of
/// gossip have the level of details.
std::vector<LogLine> bus_lines(const RunRecord& record);
/// The nodes' own lines and these, in order of time.
std::vector<LogLine> merged_log(const RunRecord& record);

}  // namespace harness::reporting
