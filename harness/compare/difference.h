// Two runs side by side (`diff`): verdicts, violations that are new, ongoing or resolved, checks whose answer
// changed, and figures.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "harness/compare/run_summary.h"
#include "harness/compare/statistics.h"

namespace harness {

struct Difference {
  const RunSummary& before;
  const RunSummary& after;
  bool same_plan = false;  // but for the builds
};

/// What only the second run has, both have, only the first has; with the second's counts, else the first's.
Violations new_violations(const Difference& difference);
Violations ongoing_violations(const Difference& difference);
Violations resolved_violations(const Difference& difference);

/// 1: a violation of a new kind; 3: a run of the two is an error; 4: the second could not conclude, and the
/// first could; 0: else.
int exit_code_of(const Difference& difference);

std::string difference_text(const Difference& difference);
/// The object of `diff --json` (harness/FORMATS.md).
nlohmann::ordered_json difference_json(const Difference& difference);

}  // namespace harness
