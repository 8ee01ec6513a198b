// Conducting a run inside the sandbox: cluster, clients, nemesis, observer, settling, final reads. All that
// it learns goes to the store; judging it comes later, from the store alone.
#pragma once

#include <string>
#include <vector>

#include "harness/builds/flavor.h"
#include "harness/core/run_record.h"
#include "harness/run/early_end.h"
#include "harness/run/load_set.h"
#include "harness/run/progress.h"
#include "harness/run/store.h"
#include "harness/sandbox/sandbox.h"

namespace harness {

struct RunPlan {
  Plan plan;
  FindWorkload find_workload = nullptr;
  JudgeSoFar judge_so_far;      // for plans that stop at a violation
  std::vector<Flavor> flavors;  // of a mixed cluster several
  RunInfo info;                 // completed as the run goes on
  SandboxMode mode = SandboxMode::kUserNamespace;
  RunFiles files;
};

/// Throws EnvironmentError when the environment fails. Sets info.interrupted when SIGINT or SIGTERM ended it
/// early. REQUIRES: called inside run_in_sandbox's body.
void conduct(const RunPlan& plan, Progress& progress);

}  // namespace harness
