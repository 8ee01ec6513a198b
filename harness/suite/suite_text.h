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

/// "pass"; "pass, of what was run" where the time did not suffice for all.
std::string verdict_words(const SuiteResult& result);
/// "16 of 2,000 runs were run: 15 pass, 1 fail".
std::string runs_words(const SuiteResult& result);
/// "5 new kinds of violation, 1 ongoing, 2 known, 1 resolved"; empty: none.
std::string kinds_words(const SuiteResult& result);
/// Of what was not run: "1,984 runs: the time was over; 164 of 180 scenarios not once". Empty: all was.
std::string not_run_words(const SuiteResult& result);

/// The end, as people read it. `folder` is that of the suite, and is put before stores.
std::string suite_text(const SuiteResult& result, const std::string& folder, bool colour);

}  // namespace harness
