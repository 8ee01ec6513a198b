#include "workloads/workloads.h"

#include "workloads/counter.h"
#include "workloads/register.h"
#include "workloads/set.h"

namespace harness {
std::span<const WorkloadEntry> workloads() {
  static const WorkloadEntry kWorkloads[] = {
      {"register",
       "read, write and compare-and-set registers: lost and stale reads, split brains, lost writes",
       register_options(), make_register_workload, "register"},
      {"set", "add unique elements to sets and read them whole: acknowledged adds that are lost",
       set_options(), make_set_workload, "set"},
      {"counter", "increment counters, each step answered by the new count: lost and doubled steps",
       counter_options(), make_counter_workload, "counter"},
  };
  return kWorkloads;
}

const WorkloadEntry* find_workload(std::string_view name) {
  for (const WorkloadEntry& workload : workloads())
    if (workload.name == name) return &workload;
  return nullptr;
}

}  // namespace harness
