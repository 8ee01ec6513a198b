// A scenario: what cluster, what loads, which steps in which order. Written in TOML (ci/scenarios holds the
// bundled ones, which are embedded in the executable). With a seed it becomes a plan (draw.h).
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/plan.h"

namespace harness {

/// A step before its choices are drawn.
struct ScenarioStep {
  StepPlan plan;  // what needs no seed; `after` and `hold` are drawn
  bool patience_given = false;
  bool held = false;  // how long a fault stays in force, in seconds and node timeouts, is said below
  double hold_least_s = 0;
  double hold_most_s = 0;
  double hold_timeouts = 0;
};

/// Faults at random: [random].
struct RandomSteps {
  struct Choice {
    std::string fault;
    double weight = 1;
  };
  std::vector<Choice> faults;
  double interval_least_s = 1;
  double interval_most_s = 4;
  double hold_least_s = 1;
  double hold_most_s = 5;
  int at_once = 1;
  int count = 0;  // 0: until the time limit
  bool keep_majority = true;
};

struct Scenario {
  Plan plan;  // what needs no seed: all but the steps
  std::vector<ScenarioStep> steps;
  std::optional<RandomSteps> random;
  /// Seeded defects of the bundled node that ci/canary holds the scenario to; no part of what a run does.
  std::vector<std::string> catches;
  /// Where the parts of the plan stand in the file, "file:3:7: " by "steps.s1.target", for what is only found
  /// out once options have been applied.
  std::map<std::string, std::string> places;
};

/// Throws UsageError with file, line and column for malformed TOML, and for a table, key, name or number that
/// a scenario cannot have (the nearest name is suggested).
Scenario parse_scenario(std::string_view toml, const std::string& source);

/// Of a file that a user named; `what` it should be: "scenario file". Throws UsageError with the reason.
std::string text_of_file(const std::filesystem::path& path, std::string_view what);

/// A bundled name, or a .toml file. Throws UsageError when it is neither.
Scenario load_scenario(const std::string& name_or_file);

struct BundledScenario {
  std::string_view name;    // unique: "failover-basic"
  std::string_view folder;  // its theme: "failover", "bugs"; `run bugs/NAME` finds it, too
  std::string_view toml;
};
std::span<const BundledScenario> bundled_scenarios();

}  // namespace harness
