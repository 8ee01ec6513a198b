#include "workloads/workloads.h"

#include "workloads/append.h"
#include "workloads/bank.h"
#include "workloads/counter.h"
#include "workloads/hash.h"
#include "workloads/queue.h"
#include "workloads/register.h"
#include "workloads/set.h"
#include "workloads/unique_ids.h"

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
      {"queue", "put elements into queues and take them out: lost, doubled and overtaken elements",
       queue_options(), make_queue_workload, "queue"},
      {"bank", "transfer between accounts by script or WATCH, and read all balances: torn and lost transfers",
       bank_options(), make_bank_workload, "bank"},
      {"append", "transactions that append to lists and read them, by MULTI or script: Elle's anomalies",
       append_options(), make_append_workload, "list-append"},
      {"hash", "fields of hashes as registers: lost fields, and hashes that come apart", hash_options(),
       make_hash_workload, "register"},
      {"unique-ids", "INCR as a generator of identifiers: one that is given twice", unique_ids_options(),
       make_unique_ids_workload, "unique-ids"},
  };
  return kWorkloads;
}

const WorkloadEntry* find_workload(std::string_view name) {
  for (const WorkloadEntry& workload : workloads())
    if (workload.name == name) return &workload;
  return nullptr;
}

}  // namespace harness
