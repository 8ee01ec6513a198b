// A run that `stop-at-violation` ended before its time: noted in run.json, and what it left out.
#pragma once

#include <string>
#include <vector>

#include "harness/core/run_record.h"

namespace harness {

/// Notes the violation that ended the load, in words.
void note_early_end(RunInfo& info, const std::string& violation);
/// The violation that ended the load before its time; empty: none did.
std::string ended_early(const RunInfo& info);
/// The ids of the plan's steps that have no record: faults, commands, expectations and waits. Empty of a run
/// that was not ended early: there a step without a record is told by the checkers.
std::vector<std::string> steps_left_out(const RunRecord& record);

}  // namespace harness
