// A suite: which scenarios, on which builds, with how many seeds, for how long. Written in TOML (ci/suites
// holds the bundled ones, which are embedded in the executable). With a seed it becomes a matrix of runs
// (matrix.h).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace harness {

/// Some scenarios, and what is particular about their runs: one [[scenarios]] of a suite.
struct Selection {
  std::vector<std::string> scenarios;  // names of bundled ones, or files; each once
  std::vector<std::string> builds;     // SPECs in place of the suite's; empty: the suite's
  int weight = 1;                      // so many seeds a round, where another has one
  std::optional<double> time_limit_s;  // seconds of load, as run's --time-limit
};

struct Suite {
  std::string name;
  std::string description;
  std::vector<std::string> builds = {"redis"};
  int seeds = 1;                   // rounds, each with a seed of its own; 0: without end
  double time_s = 0;               // after it no further run begins; 0: no bound
  double run_limit_s = 3600;       // a run that takes longer is ended, and is an error
  double shrink_s = 0;             // for all new violations together, at the end and within `time`; 0: none
  std::vector<std::string> known;  // lists of known violations (scenario/known_list.h): names, or files
  std::vector<Selection> selections;
  std::string source;  // where it is from: "bundled", or the file's whole path
  std::string sha256;  // of its text
};

/// Throws UsageError with file, line and column for malformed TOML, an unknown key, tag or scenario (the
/// nearest name is suggested), and a number that a suite cannot have.
Suite parse_suite(std::string_view toml, const std::string& source);

/// A bundled name, or a .toml file. Throws UsageError when it is neither.
Suite load_suite(const std::string& name_or_file);

struct BundledSuite {
  std::string_view name;
  std::string_view folder;  // none: suites have no themes
  std::string_view toml;
};
std::span<const BundledSuite> bundled_suites();

}  // namespace harness
