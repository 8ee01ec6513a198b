// The verdict of each load of a run: its documented verdict by its object, and under --strict the matching
// model over its operations alone. Operations of load i are those with process % loads == i.
#pragma once

#include <string_view>
#include <vector>

#include "checkers/common/checker.h"
#include "checkers/objects/object.h"
#include "checkers/promises/analysis.h"

namespace harness {

/// The object of a workload, by the workload's name; null when its operations are none that the ledger knows.
const ObjectEntry* object_of_workload(std::string_view workload);

/// One result a load, named by the load. A load whose object the ledger does
/// not know is valid when its strict model says so, since nothing was lost then; else nobody can tell:
/// unknown.
std::vector<CheckResult> check_loads(const Analysis& analysis, const CheckOptions& options);

}  // namespace harness
