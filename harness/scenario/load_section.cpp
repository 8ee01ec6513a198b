// [[load]]: what clients do, how many of them, how fast.
#include <algorithm>

#include "harness/core/suggest.h"
#include "harness/scenario/sections.h"
#include "workloads/workloads.h"

namespace harness {
namespace {

const WorkloadEntry& workload_of(const Section& section, const LoadPlan& load) {
  if (const WorkloadEntry* workload = find_workload(load.workload)) return *workload;
  std::vector<std::string_view> names;
  for (const WorkloadEntry& known : workloads()) names.push_back(known.name);
  section.refuse("workload",
                 "unknown workload '" + load.workload + "'" + suggestion_or_all(load.workload, names));
}

void read_options(Section& section, const WorkloadEntry& workload, LoadPlan& load) {
  auto table = section.table("options");
  std::string problem;
  load.options = complete(workload.options, table ? table->read_rest() : nlohmann::json::object(), problem);
  if (problem.empty()) return;
  problem = "workload '" + load.workload + "': " + problem;
  if (table) table->refuse_named(problem, {});
  section.refuse("workload", problem);
}

}  // namespace

void read_load(Section section, Scenario& scenario) {
  LoadPlan load;
  load.workload = "register";
  section.read("workload", load.workload);
  const WorkloadEntry& workload = workload_of(section, load);
  load.name = load.workload;
  section.read("name", load.name);
  section.read("concurrency", load.concurrency, 1, 10'000);
  section.read("client-groups", load.client_groups, 1, 16);
  section.read("rate", load.rate, 0, 1e7);
  section.read("operation-timeout", load.operation_timeout_ms, 10, 600'000);
  section.read_seconds("start", load.start);
  if (section.has("stop")) load.stop = 0;
  section.read_seconds("stop", load.stop);
  read_options(section, workload, load);
  section.done();
  for (const char* key : {"name", "concurrency", "stop"})
    scenario.places["loads." + load.name + "." + key] = section.place(key);
  if (std::ranges::count(scenario.plan.loads, load.name, &LoadPlan::name) > 0)
    section.refuse("name", "two loads are called '" + load.name + "': give each a 'name' of its own");
  scenario.plan.loads.push_back(std::move(load));
}

}  // namespace harness
