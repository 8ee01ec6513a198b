// Carrying a plan out: from the plan to a full store, in one call that prints nothing and judges nothing.
// Judging the store is another call (harness/verbs/judgement.h), so that run, replay, suites and tests loop
// over the two.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "harness/builds/flavor.h"
#include "harness/core/plan.h"
#include "harness/run/conduct.h"
#include "harness/run/progress.h"
#include "harness/run/store.h"

namespace harness {

struct ExecuteOptions {
  FindWorkload find_workload = nullptr;
  JudgeSoFar judge_so_far;  // for plans that stop at a violation
  SandboxMode mode = SandboxMode::kUserNamespace;
  bool quick_build = false;
  std::string harness_version;
  std::vector<std::string> argv;         // for the record
  std::vector<std::string> same_builds;  // SHA-256 that each build must have, in their order; empty: any
  std::string reproduce;  // the command that repeats the run, for the record and for whoever reads it
};

/// How an execution ended. What it recorded lies in the store.
struct Execution {
  RunInfo info;
  bool interrupted = false;
  std::string error;  // the environment or the harness failed: why, with the mend; empty: it did not

  bool complete() const { return error.empty() && !interrupted; }
};

/// Why the plan cannot be carried out on this machine, with the mend: a capability or a fault that is not to
/// be had. Empty: it can.
std::string why_not_here(const Plan& plan, SandboxMode mode);

/// Why the plan cannot be carried out with that build: a feature of releases that it requires. Empty: it can.
std::string why_not_by(const Flavor& flavor, const Plan& plan);

/// Writes plan.json, finds (or compiles) the builds, and conducts the run in its bottle. `files` is a fresh
/// run directory. Throws UsageError for a SPEC that names no build, or another one than `same_builds` says:
/// then the directory is gone. REQUIRES: the plan has no problem (harness/scenario/plan_check.h).
Execution execute(const Plan& plan, const RunFiles& files, const ExecuteOptions& options, Progress& progress);

}  // namespace harness
