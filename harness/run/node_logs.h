// What the servers of a run wrote, from the store.
#pragma once

#include <filesystem>
#include <vector>

#include "harness/core/run_record.h"

namespace harness {

/// The nodes' own logs, and what they printed (sanitizers do), in order of time, and at the run's end a line
/// with what each nodes.conf holds of epochs (LogLine, kSavedEpochs). `nodes`: the directory of theirs.
std::vector<LogLine> load_logs(const std::filesystem::path& nodes, const RunRecord& record);

/// For the report of a run that failed before it was recorded: the nodes that there were and what they wrote,
/// in time from the first line on.
void add_logs_of_failed_run(const std::filesystem::path& nodes, RunRecord& record);

}  // namespace harness
