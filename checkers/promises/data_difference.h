// What the checkers of stored data share: differences of two nodes' states as anomalies.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/anomaly_kind.h"
#include "harness/core/run_record.h"

namespace harness {

using DataSet = std::span<const FinalData>;

/// What the nodes held in the end; and when the load was over, before its final phase: stores of earlier
/// releases do not have that, nor runs whose cluster did not settle. The record has one behind the other, in
/// order of time, each with a node once.
DataSet data_in_the_end(const RunRecord& run);
DataSet data_at_load_end(const RunRecord& run);

/// The data of each node by its number; null where none was read.
std::vector<const FinalData*> data_by_node(const RunRecord& run, DataSet all);

/// A difference that `node` shows. `type`: of what concerns keys and their values; what else differs has a
/// name of its own: expiry-differs, group-differs, consumer-differs, stream-count-differs, functions-differ.
Anomaly anomaly_of(const RunRecord& run, const DataDifference& difference, AnomalyKind type, int node,
                   std::string explanation);

/// Says in the note what of the data was not read, and that a sample stands for the whole.
void say_what_was_not_compared(const RunRecord& run, DataSet all, CheckResult& result);

}  // namespace harness
