// The loads of a run: several at once, on client groups that they share by number, each with keys, processes,
// random choices and counters of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "harness/cluster/cluster.h"
#include "harness/core/plan.h"
#include "harness/core/run_record.h"
#include "harness/run/interpreter.h"
#include "harness/run/recorder.h"
#include "harness/run/workload.h"
#include "harness/sandbox/sandbox.h"

namespace harness {

/// The table of workloads, as the run is told it: the tables' room is above this one.
using FindWorkload = const WorkloadEntry* (*)(std::string_view name);

/// The options that the workload takes, complete. Throws UsageError for an unknown workload, and for options
/// that it does not have or that are out of range; `where` begins the sentence.
Parameters load_options(const WorkloadEntry& workload, const nlohmann::json& given, const std::string& where);

/// How the final phases ended.
struct FinalEnd {
  std::size_t unanswered = 0;  // operations that got no ok within the patience
  bool finished = true;        // false: the time was up, or they were broken off
};

class LoadSet {
 public:
  /// Makes a host for each client group and the threads of each load. `recorder` and `cluster` must outlive
  /// the set. REQUIRES: the plan's workloads are in the table, and their options complete.
  LoadSet(const Plan& plan, FindWorkload find_workload, Sandbox& sandbox, Cluster& cluster,
          Recorder& recorder);

  /// Every set-up, then every load.
  void start();
  /// Throws what ended a load early, if anything did.
  void check();
  /// Nothing new is offered; returns when what was open has completed.
  void finish();
  /// The final phases of all loads. `goes_on` is told every now and then how many turns are done; once it
  /// says no, all is left as it stands at once.
  FinalEnd final_phase(
      FinalPatience patience,
      const std::function<bool(std::size_t turns)>& goes_on = [](std::size_t) { return true; });

  /// Operations acknowledged so far, by load.
  std::map<std::string, std::uint64_t> acknowledged() const;
  /// After finish().
  std::vector<LoadCounters> counters() const;
  /// The hosts of the client groups: c1, c2, ...
  const std::vector<Host*>& hosts() const { return hosts_; }

 private:
  struct Load {
    Load(LoadPlan of_plan, int number, int loads) : plan(std::move(of_plan)), processes(number, loads) {}
    LoadPlan plan;
    ProcessNumbers processes;
    std::vector<std::unique_ptr<LoadThread>> threads;
    std::size_t unanswered = 0;  // of the final phase
  };
  bool watch_final(const std::function<bool(std::size_t turns)>& goes_on);
  void add_hosts(const Plan& plan, Sandbox& sandbox);
  void add_threads(Load& load, const WorkloadEntry& workload, const Prng& stream, Cluster& cluster,
                   Recorder& recorder);

  std::vector<Host*> hosts_;
  std::vector<std::unique_ptr<Load>> loads_;
};

}  // namespace harness
