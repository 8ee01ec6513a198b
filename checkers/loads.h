// The verdict of each load of a run: its documented verdict by its object, and under --strict the matching
// model over its operations alone. Operations of load i are those with process % loads == i.
#pragma once

#include <string_view>
#include <vector>

#include "checkers/common/checker.h"
#include "checkers/objects/object.h"

namespace harness {

/// The object of a workload, by the workload's name; null when its operations are none that the ledger knows.
const ObjectEntry* object_of_workload(std::string_view workload);

/// One result a load, named by the load. A load without an object says that nothing is judged here.
std::vector<CheckResult> check_loads(const RunRecord& run, const CheckOptions& options);

}  // namespace harness
