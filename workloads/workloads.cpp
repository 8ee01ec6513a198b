#include "workloads/workloads.h"

#include "workloads/register.h"

namespace harness {
namespace {

constexpr WorkloadEntry kWorkloads[] = {
    {"register", "read, write and compare-and-set registers, each value unique", kRegisterOptions,
     make_register_workload},
};

}  // namespace

std::span<const WorkloadEntry> workloads() {
  return kWorkloads;
}

const WorkloadEntry* find_workload(std::string_view name) {
  for (const WorkloadEntry& workload : workloads())
    if (workload.name == name) return &workload;
  return nullptr;
}

}  // namespace harness
