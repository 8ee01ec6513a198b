// Stores of earlier releases: what their records leave unsaid. This is the one place that knows what the
// faults of those releases were called.
#pragma once

#include <vector>

#include "harness/core/run_record.h"

namespace harness {

/// The effects of a fault whose record was written before faults declared them.
std::vector<Effect> effects_of_old_record(const FaultRecord& fault);

}  // namespace harness
