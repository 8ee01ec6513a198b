// Reads that a node may answer while it calls the cluster down (cluster-allow-reads-when-down,
// checkers/PROMISES.md row 18).
#pragma once

#include "harness/core/run_record.h"

namespace harness {

/// Whether the node may: its directives say so, or the setting was given anew while the run went on.
bool may_read_when_down(const RunRecord& run, int node);

/// Whether the operation asks for a change of data. A transaction that only reads does not; what cannot be
/// understood does.
bool changes_data(const History& history, const Operation& operation);

}  // namespace harness
