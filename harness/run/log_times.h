// Log lines of a node whose wall clock a fault had shifted: their times are mapped back to the run's.
#pragma once

#include <vector>

#include "harness/core/run_record.h"

namespace harness {

/// `lines`: one node's, in the order of its log. A line counts as written while a fault had the clock shifted
/// when its time less the shift lies in the time of the fault, and the order of the lines allows it. Of a
/// clock that drifted the shift is not known: its lines keep their times.
void undo_clock_faults(std::vector<LogLine>& lines, const std::vector<FaultRecord>& faults, int node);

}  // namespace harness
