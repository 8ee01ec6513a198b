// How the process of an accused node ended.
#pragma once

#include <string>

#include "harness/core/run_record.h"
#include "harness/core/verdict.h"

namespace harness::reporting {

/// A sentence on the process that the anomaly's node was at its time; empty when no node is accused, or
/// nothing is known of its processes.
std::string end_of_accused(const RunRecord& record, const Anomaly& anomaly);

/// Whether the anomaly tells that the process of its node ended with nobody asking for it.
bool tells_an_end(const RunRecord& record, const Anomaly& anomaly);

}  // namespace harness::reporting
