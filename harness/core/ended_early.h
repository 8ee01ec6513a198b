// What a run left out that `stop-at-violation` ended before its time (RunInfo::ended_early).
#pragma once

#include <string>
#include <vector>

#include "harness/core/run_record.h"

namespace harness {

/// The ids of the plan's steps that have no record: faults, commands, expectations and waits. Empty of a run
/// that was not ended early: there a step without a record is told by the checkers.
std::vector<std::string> steps_left_out(const RunRecord& record);

}  // namespace harness
