// The statistics of an audit: is a candidate worse than a baseline? Pairs of runs of equal plans come in; an
// answer comes out. Pure: who runs the pairs is harness/verbs/audit_command.
//
// How it decides. Three things may be wrong with a candidate, and the chance of a false alarm over the whole
// audit, whatever is looked at and however often, is at most kFalseAlarms (5 %):
// - A figure is worse than the baseline's by more than the tolerance: a one-sided signed-rank test of the
//   pairs' differences, exact for few pairs and without an assumption about their distribution.
// - A kind of violation that the baseline has too comes more often: Fisher's exact test.
// - A kind of violation is new. Where it was first seen it was looked for nowhere else, so that sighting
//   proves nothing: the same plan runs again on both builds, and only what runs from then on is counted
//   (Fisher).
// Figures and known kinds share 3 %, corrected for their number by Holm; new kinds share 2 %, the first one
// half of it, each further one half of the one before. The looks are at a half, three quarters and all of
// the pairs; each spends the share of the 3 % that the pairs since the look before are of all pairs (linear
// alpha spending; the last look spends what is left). A new kind spends a quarter of its own after 6 pairs of
// its plan, a quarter after 12, and the rest at the looks. As the shares only add up, this holds however the
// looks depend on each other.
// A pass is a claim too: each figure that decides must be shown not to be worse by the tolerance, with 95 %,
// spent over the looks in the same way, and no kind of violation may come so much more often that it would be
// an alarm if it were looked at alone.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/compare/run_summary.h"
#include "harness/compare/statistics.h"

namespace harness {

inline constexpr double kFalseAlarms = 0.05;
inline constexpr double kFalseAlarmsOfNewKinds = 0.02;  // of these
inline constexpr double kFalsePasses = 0.05;
/// A run that the machine held up for longer says little of its build.
inline constexpr Nanos kStallMax = 300 * kMillisecond;

/// Two runs of one plan.
struct AuditPair {
  std::size_t plan = 0;  // which of the audit's plans
  RunSummary baseline;
  RunSummary candidate;
};

/// Why a pair says nothing; empty: it counts.
std::string why_not_counted(const AuditPair& pair);

enum class Compared { kSame, kBetter, kWorse, kUnclear, kNotMeasured };
std::string_view to_string(Compared answer);  // "same", "better", "worse", "unclear", "not measured"

struct FigureAnswer {
  std::size_t kind = 0;       // of figure_kinds()
  std::size_t pairs = 0;      // in which both runs have it
  std::size_t one_sided = 0;  // in which only one has
  double baseline = 0;        // median
  double candidate = 0;
  double difference = 0;  // candidate - baseline, the centre of the pairs' differences (Hodges-Lehmann)
  Interval interval;      // 95 %, of this figure alone
  double tolerance = 0;   // in the figure's unit
  double p_worse = 1;     // adjusted by Holm
  double p_not_worse = 1;
  Compared answer = Compared::kNotMeasured;
  std::optional<std::size_t> more_pairs;  // of an unclear one: about so many would tell, if nothing changes
};

/// In how many runs a kind of violation was seen.
struct RateAnswer {
  ViolationKind kind;
  std::string headline;
  std::size_t baseline = 0;
  std::size_t baseline_runs = 0;
  std::size_t candidate = 0;
  std::size_t candidate_runs = 0;
  Interval interval;   // 95 %, of the difference of the rates
  double p_worse = 1;  // of a known kind adjusted by Holm
  Compared answer = Compared::kUnclear;
};

/// A kind of violation that only the candidate had, and what came of it since.
struct NewKind {
  std::size_t plan = 0;
  std::string run;   // the candidate's in which it was first seen
  double level = 0;  // that its p-value must not exceed, in all
  RateAnswer rate;   // of all that ran since it was first seen
  bool open = true;  // neither confirmed nor seen on the baseline
};

enum class AuditOutcome { kPass, kRegression, kInconclusive };
std::string_view to_string(AuditOutcome outcome);  // "pass", "regression", "inconclusive"

struct AuditAnswer {
  AuditOutcome outcome = AuditOutcome::kInconclusive;
  std::string reason;
  bool clear = false;  // no further pair can change it
  std::vector<FigureAnswer> figures;
  std::vector<RateAnswer> known_kinds;
};

class Audit {
 public:
  /// REQUIRES: pairs_max > 0, tolerance >= 0 (a share: 0.1 are 10 %).
  Audit(std::size_t pairs_max, double tolerance);

  /// A pair that does not count is kept and counted apart.
  void add(AuditPair pair);

  /// A kind of violation that the pair added last showed on the candidate, that no baseline run ever had, and
  /// that nobody has tried to confirm: the caller runs its plan again.
  std::optional<ViolationKind> to_confirm() const;
  void begin_confirming(const ViolationKind& kind);
  /// Another pair of the plan that showed the kind begun last. False when the answer is known, or when no
  /// more pairs are worth it: then no more are wanted.
  bool confirm(const AuditPair& pair);

  /// The answer after the pairs so far, at a look (`clear` then says whether it is final), or at the end.
  bool look_is_due() const;
  AuditAnswer look();
  AuditAnswer last_look();

  std::size_t counted() const { return counted_.size(); }
  std::size_t pairs_max() const { return pairs_max_; }
  std::size_t looks() const { return looks_; }
  const std::vector<AuditPair>& pairs() const { return counted_; }
  const std::vector<AuditPair>& excluded() const { return excluded_; }
  const std::vector<NewKind>& new_kinds() const { return new_kinds_; }

 private:
  AuditAnswer answer(double share);
  std::vector<FigureAnswer> figure_answers() const;
  std::vector<RateAnswer> known_rates() const;
  bool baseline_has(const ViolationKind& kind) const;

  const std::size_t pairs_max_;
  const double tolerance_;
  std::vector<AuditPair> counted_;
  std::vector<AuditPair> excluded_;
  std::vector<NewKind> new_kinds_;
  std::size_t looks_ = 0;
  double spent_ = 0;  // share of the false alarms that looks have used up
};

}  // namespace harness
