// One plan, carried out and judged, without a word printed: what run, replay, audit and shrink loop over.
#pragma once

#include <filesystem>
#include <string>

#include "harness/run/execute.h"
#include "harness/verbs/judgement.h"

namespace harness {

/// A run that ended.
struct PlannedRun {
  RunFiles files;
  RunInfo info;         // as it was before the run: id, builds, the command that repeats it
  Judgement judgement;  // of an interrupted run: none
  bool interrupted = false;
  std::string error;  // the environment or the harness failed: why, with the mend
  int exit_code = 0;
};

/// Carries the plan out in a fresh directory of `store`, and judges what it left there. What the environment
/// failed to give is judged too: as an error, which leaves a directory only if something had begun. Throws
/// UsageError for a SPEC that names no build, or another one than `options.same_builds`: then nothing is left
/// behind.
PlannedRun carry_out(const Plan& plan, const std::filesystem::path& store, const ExecuteOptions& options,
                     Progress& progress);

/// "auto", "user", "root" or "loopback" of --sandbox; auto tries what this machine allows.
SandboxMode chosen_mode(const std::string& wish);

/// The options that every verb gives alike; `reproduce` is the caller's.
ExecuteOptions execute_options(SandboxMode mode, bool quick_build, int argc, const char* const* argv);

/// The exit code of two runs together: interrupted over a violation, that over an error of the environment,
/// that over unknown, that over a pass.
int worse_exit_code(int a, int b);

/// "\n  seed ...\n  store ...\n  reproduce ...": how every failure that is printed ends; without a store
/// where nothing is kept.
std::string end_of_failure(const PlannedRun& run);

}  // namespace harness
