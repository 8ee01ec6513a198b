// What a suite tells on the terminal: pure functions to text.
#pragma once

#include <string>
#include <vector>

#include "harness/suite/tally.h"

namespace harness {

/// "3 h 41 min", "12 min", "34 s"
std::string length_text(double seconds);

/// "suite nightly   2 builds x 48 scenarios x 3 seeds = 288 runs   seed 20261129   2 at a time   about 3 h 50
/// min"
std::string suite_headline(const Matrix& matrix, std::size_t runs, int side_by_side, double expected_s);

struct SuiteFigures {
  double elapsed_s = 0;
  double expected_s = 0;  // in all; 0: without end
  std::size_t passed = 0, failed = 0, unknown = 0, errors = 0, redone = 0;
  std::vector<Skipped> skipped;
  int running = 0;
};
/// The live line.
std::string suite_line(const SuiteFigures& figures);

/// "shrunk from 24 steps to 3 (3 of 3 failed): store/night/runs/…/shrunk.toml"
std::string shrunk_line(const Shrunk& shrunk, const std::string& folder);
/// One line a run that ended: "ok    failover-basic   redis 7.0.15   seed 7   12.3 s".
std::string run_line(const RunOutcome& outcome, const std::vector<RunOutcome>& all,
                     const std::string& folder);

/// The end, as people read it. `folder` is that of the suite, and is put before stores.
std::string suite_text(const SuiteResult& result, const std::string& folder, bool colour);

}  // namespace harness
