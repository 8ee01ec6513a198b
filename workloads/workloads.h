// The table of workloads.
#pragma once

#include <span>
#include <string_view>

#include "harness/run/workload.h"

namespace harness {

std::span<const WorkloadEntry> workloads();
const WorkloadEntry* find_workload(std::string_view name);

}  // namespace harness
