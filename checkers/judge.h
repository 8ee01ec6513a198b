// The verdict of a whole run: its checkers' answers, merged to the worst, in plain words.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "checkers/checkers.h"
#include "checkers/promises/analysis.h"

namespace harness {

/// One checker's answers: several when the loads of the run are judged apart. What is damaged in the record
/// makes them unknown.
std::vector<CheckResult> run_checker(const Checker& checker, const Analysis& analysis,
                                     const CheckOptions& options);

/// Which checks are asked for: by the names of checkers, or of loads, whose checks bear them. No names: all.
class SelectedChecks {
 public:
  /// Throws UsageError for a name that is neither. REQUIRES: names and plan outlive it.
  SelectedChecks(std::span<const std::string_view> names, const Plan& plan);

  /// What run_checker gives, without the loads that were not asked for; nothing if the checker was not.
  std::vector<CheckResult> run(const Checker& checker, const Analysis& analysis,
                               const CheckOptions& options) const;
  bool asks_for(const Checker& checker) const;

 private:
  bool names(std::string_view name) const;
  const Plan& plan_;
  std::span<const std::string_view> names_;
};

/// Runs the selected checkers (none selected: all of the table, in its order). Exit code: 0 pass, 1 a
/// violation, 4 unknown (harness/FORMATS.md). Violations that the plan knows
/// (known.h) stay with their checks and do not make the run fail.
RunVerdict judge(const RunRecord& run, const CheckOptions& options,
                 std::span<const std::string_view> selected = {});

}  // namespace harness
