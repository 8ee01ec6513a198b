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

/// Runs the selected checkers (none selected: all of the table, in its order). Exit code: 0 pass, 1 a
/// violation, 4 unknown (harness/FORMATS.md). Violations that the plan knows
/// (known.h) stay with their checks and do not make the run fail. Throws UsageError for a name
/// that the table does not hold.
RunVerdict judge(const RunRecord& run, const CheckOptions& options,
                 std::span<const std::string_view> selected = {});

}  // namespace harness
