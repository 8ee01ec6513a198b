#include "harness/verbs/planned_run.h"

#include <memory>
#include <utility>

#include "harness/core/check.h"
#include "harness/core/exit_code.h"
#include "harness/run/left_behind.h"
#include "harness/verbs/verbs.h"
#include "workloads/workloads.h"

namespace harness {

PlannedRun carry_out(const Plan& plan, const std::filesystem::path& store, const ExecuteOptions& options,
                     Progress& progress) {
  set_seed_for_checks(plan.seed);
  PlannedRun run;
  run.files = create_run_directory(store, plan.scenario, plan.seed);
  Execution execution = execute(plan, run.files, options, progress);
  run.info = std::move(execution.info);
  run.error = std::move(execution.error);
  run.interrupted = execution.interrupted;
  if (run.interrupted) {
    run.exit_code = kExitInterrupted;
    return run;
  }
  if (run.error.empty()) {
    const auto judgement = std::make_shared<Judgement>();
    if (!done_uninterrupted([judgement, files = run.files] { *judgement = judge_and_report(files); })) {
      run.interrupted = true;
      run.exit_code = kExitInterrupted;
      return run;
    }
    run.judgement = std::move(*judgement);
  } else {
    const bool started = std::filesystem::exists(run.files.nodes());
    run.judgement = report_error(run.files, plan, run.info, run.error);
    // A run that never started leaves nothing to report or to repeat.
    if (!started) std::filesystem::remove_all(run.files.directory);
  }
  run.exit_code = run.judgement.verdict.exit_code;
  return run;
}

SandboxMode chosen_mode(const std::string& wish) {
  if (wish == "user") return SandboxMode::kUserNamespace;
  if (wish == "root") return SandboxMode::kRoot;
  if (wish == "loopback") return SandboxMode::kLoopback;
  return best_sandbox_mode();
}

ExecuteOptions execute_options(SandboxMode mode, bool quick_build, int argc, const char* const* argv) {
  ExecuteOptions options;
  options.find_workload = find_workload;
  options.judge_so_far = violation_so_far;
  options.mode = mode;
  options.quick_build = quick_build;
  options.harness_version = HARNESS_VERSION;
  options.argv.assign(argv, argv + argc);
  return options;
}

int worse_exit_code(int a, int b) {
  for (const int code : {kExitInterrupted, kExitViolation, kExitEnvironment, kExitUnknown})
    if (a == code || b == code) return code;
  return kExitPass;
}

std::string end_of_failure(const PlannedRun& run) {
  const bool kept = std::filesystem::exists(run.files.directory);
  return "\n  seed       " + std::to_string(run.info.seed) +
         (kept ? "\n  store      " + run.files.directory.string() : std::string()) + "\n  reproduce  " +
         run.info.reproduce;
}

}  // namespace harness
