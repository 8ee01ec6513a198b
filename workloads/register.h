// Clients read, write and compare-and-set registers, each value written at most once per key.
// Reveals lost and stale reads, split brains, and acknowledged writes lost in a failover.
#pragma once

#include <memory>

#include "harness/run/workload.h"

namespace harness {

std::unique_ptr<Workload> make_register_workload(const WorkloadSetup& setup);

}  // namespace harness
