// The verdict of a whole run: its checkers' answers, merged to the worst, in plain words.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "checkers/checkers.h"
#include "checkers/damaged_views.h"
#include "checkers/forgotten_members.h"
#include "checkers/known.h"
#include "checkers/promises/analysis.h"
#include "checkers/starvation.h"

namespace harness {

/// The checks of a run that are asked for: by the names of checkers, or of loads, whose checks bear them. No
/// names: all. Violations that the plan knows (known.h) are no failures, and damaged evidence proves nothing.
class SelectedChecks {
 public:
  /// Throws UsageError for a name that is neither. REQUIRES: names and the analysis outlive it.
  /// `waits`: of the servers for a processor, as the run's store has them.
  SelectedChecks(std::span<const std::string_view> names, const Analysis& analysis,
                 std::span<const ProcessorWait> waits = {});

  /// The checker's answers: several when the loads of the run are judged apart; none if it was not asked for.
  std::vector<CheckResult> run(const Checker& checker, const CheckOptions& options) const;
  bool asks_for(const Checker& checker) const;

 private:
  bool names(std::string_view name) const;
  const Analysis& analysis_;
  const Plan& plan_;
  std::span<const std::string_view> names_;
  KnownViolations known_;
  Starvation starvation_;
  DamagedViews damaged_views_;
  ForgottenMembers forgotten_members_;
};

/// Runs the selected checkers (none selected: all of the table, in its order). Exit code: 0 pass, 1 a
/// violation, 4 unknown (harness/FORMATS.md). Violations that the plan knows
/// stay with their checks and do not make the run fail.
RunVerdict judge(const RunRecord& run, const CheckOptions& options,
                 std::span<const std::string_view> selected = {}, std::span<const ProcessorWait> waits = {});

}  // namespace harness
