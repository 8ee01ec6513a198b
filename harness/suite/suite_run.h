// Carrying a suite out: its runs side by side, each a child process, each outcome in the journal as it comes.
#pragma once

#include <optional>
#include <string>

#include "harness/run/progress.h"
#include "harness/suite/keep.h"
#include "harness/suite/one_run.h"

namespace harness {

struct SuiteSettings {
  RunSettings run;
  Keep keep = Keep::kFailures;
  int jobs = 0;                              // side by side; 0: as many as the machine was measured to carry
  std::string shown;                         // the suite's folder, as lines name it
  std::map<std::string, double> seconds_of;  // what scenarios took in an earlier suite
  std::optional<SuiteResult> before;         // what is not new was in it
};

/// Runs what the journal says is left, until all is done, the time is over or a signal asks for the end
/// (true: interrupted). REQUIRES: catch_interrupts() was called. Throws EnvironmentError.
bool run_suite(const Matrix& matrix, const SuiteSettings& settings, Progress& progress);

}  // namespace harness
