// Stores of earlier releases: what their records leave unsaid. This is the one place that knows what the
// faults of those releases were called.
#pragma once

#include <vector>

#include "harness/core/run_record.h"

namespace harness {

/// The effects of a fault whose record was written before faults declared them.
std::vector<Effect> effects_of_old_record(const FaultRecord& fault);

/// The plan of a run that stored none: what its run.json says of it. The steps are not known any more.
Plan plan_of_old_store(const RunInfo& info);

}  // namespace harness
