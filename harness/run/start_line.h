// The line that tells of a run when its cluster is ready.
#pragma once

#include <string>

#include "harness/core/clock.h"
#include "harness/core/plan.h"

namespace harness {

/// "cluster ready 0.6 s   register x24 clients   faults: kill, restart"; `took`: to form the cluster.
std::string start_line(const Plan& plan, Nanos took);

}  // namespace harness
