#include "harness/compare/audit.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "harness/core/check.h"
#include "harness/core/exit_code.h"

namespace harness {
namespace {

constexpr double kLooks[] = {0.5, 0.75, 1};
/// Pairs that confirm a new kind: the answer is sought after half of them, and after all.
constexpr std::size_t kConfirmingPairs = 12;

double worse_sign(const FigureKind& kind) {
  return kind.more_is_better ? -1 : 1;
}

std::string first_sentence(const std::string& text) {
  return text.substr(0, std::min(text.find(". "), text.find('\n')));
}

/// The reason of an error stands in its last lines: what the server said.
std::string on_one_line(const std::string& text) {
  std::string line;
  for (const char c : text)
    if (c != '\n')
      line += c;
    else if (!line.empty() && line.back() != ' ')
      line += ' ';
  return line;
}

std::string why_not_counted(const RunSummary& run) {
  if (run.exit_code != kExitPass && run.exit_code != kExitViolation)
    return run.verdict + ": " +
           (run.exit_code == kExitEnvironment ? on_one_line(run.explanation)
                                              : first_sentence(run.explanation));
  if (run.host_stall > kStallMax)
    return "the host stood still for " + std::to_string(run.host_stall / kMillisecond) + " ms";
  return {};
}

/// The values of one figure in the pairs that have it on both sides.
struct Paired {
  std::vector<double> baseline;
  std::vector<double> candidate;
  std::size_t one_sided = 0;
};

Paired paired(const std::vector<AuditPair>& pairs, std::size_t kind) {
  Paired values;
  for (const AuditPair& pair : pairs) {
    const std::optional<double> before = pair.baseline.figures.at(kind);
    const std::optional<double> after = pair.candidate.figures.at(kind);
    if (before && after) {
      values.baseline.push_back(*before);
      values.candidate.push_back(*after);
    } else if (before || after) {
      ++values.one_sided;
    }
  }
  return values;
}

/// Differences in the direction that is worse.
std::vector<double> worsenings(const Paired& values, const FigureKind& kind) {
  std::vector<double> out;
  for (std::size_t i = 0; i < values.baseline.size(); ++i)
    out.push_back(worse_sign(kind) * (values.candidate[i] - values.baseline[i]));
  return out;
}

std::vector<double> negated(std::vector<double> values) {
  for (double& value : values) value = -value;
  return values;
}

/// How many more pairs would make the interval narrow enough, as it narrows with the root of their number.
std::optional<std::size_t> more_pairs(const FigureAnswer& answer, double worsening) {
  const double half = (answer.interval.high - answer.interval.low) / 2;
  const double room = std::fabs(answer.tolerance - worsening);
  if (!std::isfinite(half) || room < half / 20) return {};
  const double n = static_cast<double>(answer.pairs);
  const double needed = n * (1.3 * half / room) * (1.3 * half / room);
  return needed <= n ? 1 : static_cast<std::size_t>(std::ceil(needed - n));
}

FigureAnswer figure_answer(const std::vector<AuditPair>& pairs, std::size_t index, double tolerance) {
  const FigureKind& kind = figure_kinds()[index];
  const Paired values = paired(pairs, index);
  FigureAnswer answer;
  answer.kind = index;
  answer.pairs = values.baseline.size();
  answer.one_sided = values.one_sided;
  if (answer.pairs == 0) return answer;
  const std::vector<double> worse = worsenings(values, kind);
  answer.baseline = median(values.baseline);
  answer.candidate = median(values.candidate);
  answer.tolerance = std::max(kind.slack, tolerance * std::fabs(answer.baseline));
  std::vector<double> differences = worse;
  if (kind.more_is_better) differences = negated(differences);
  answer.difference = hodges_lehmann(differences);
  answer.interval = signed_rank_interval(differences, 0.95);
  answer.p_worse = signed_rank_above(worse, answer.tolerance);
  answer.p_not_worse = signed_rank_above(negated(worse), -answer.tolerance);
  answer.more_pairs = more_pairs(answer, worse_sign(kind) * answer.difference);
  answer.answer = Compared::kUnclear;
  return answer;
}

std::size_t runs_with(const std::vector<AuditPair>& pairs, RunSummary AuditPair::*side,
                      const ViolationKind& kind) {
  return static_cast<std::size_t>(std::ranges::count_if(
      pairs, [&](const AuditPair& pair) { return (pair.*side).violations.contains(kind); }));
}

void finish(RateAnswer& rate) {
  rate.interval = rate_difference(rate.candidate, rate.candidate_runs, rate.baseline, rate.baseline_runs);
  rate.p_worse =
      fisher_exact(rate.candidate, rate.candidate_runs, rate.baseline, rate.baseline_runs, Sides::kGreater);
}

/// Another pair in which a new kind may show itself. A run that could not conclude is no evidence either way.
void count(NewKind& kind, const AuditPair& pair) {
  RateAnswer& rate = kind.rate;
  if (!harness::why_not_counted(pair).empty()) return;
  ++rate.baseline_runs;
  ++rate.candidate_runs;
  rate.baseline += pair.baseline.violations.contains(rate.kind);
  rate.candidate += pair.candidate.violations.contains(rate.kind);
  finish(rate);
  if (rate.baseline == 0) return;
  rate.answer = Compared::kSame;  // it is not new: its rate is compared as those of known kinds are
  kind.open = false;
}

void settle(NewKind& kind, double level) {
  if (!kind.open || kind.rate.p_worse > level) return;
  kind.rate.answer = Compared::kWorse;
  kind.open = false;
}

/// Figures and rates are one family of comparisons.
void adjust(std::vector<FigureAnswer>& figures, std::vector<RateAnswer>& rates) {
  std::vector<double*> places;
  for (FigureAnswer& figure : figures)
    if (figure.pairs > 0 && figure_kinds()[figure.kind].decides) places.push_back(&figure.p_worse);
  for (RateAnswer& rate : rates) places.push_back(&rate.p_worse);
  std::vector<double> values;
  for (const double* place : places) values.push_back(*place);
  const std::vector<double> adjusted = holm(values);
  for (std::size_t i = 0; i < places.size(); ++i) *places[i] = adjusted[i];
}

Compared decide(const FigureAnswer& figure, double share) {
  if (figure.pairs == 0) return figure.one_sided > 0 ? Compared::kUnclear : Compared::kNotMeasured;
  const FigureKind& kind = figure_kinds()[figure.kind];
  if (figure.p_worse <= (kFalseAlarms - kFalseAlarmsOfNewKinds) * share && kind.decides)
    return Compared::kWorse;
  const bool often_missing = figure.one_sided * 4 > figure.pairs;
  if (figure.p_not_worse > kFalsePasses * share || often_missing) return Compared::kUnclear;
  const Interval& interval = figure.interval;
  const bool better =
      kind.more_is_better ? interval.low > figure.tolerance : interval.high < -figure.tolerance;
  return better ? Compared::kBetter : Compared::kSame;
}

/// The figures that decide and have this answer: by name, or how many when the list would be long.
std::string names_of(const std::vector<FigureAnswer>& figures, Compared answer) {
  constexpr std::size_t kNamed = 5;
  std::string names;
  std::size_t count = 0;
  for (const FigureAnswer& figure : figures)
    if (figure.answer == answer && figure_kinds()[figure.kind].decides) {
      names += (names.empty() ? "" : ", ") + std::string(figure_kinds()[figure.kind].words);
      ++count;
    }
  return count > kNamed ? std::to_string(count) + " figures" : names;
}

std::string joined(const std::vector<std::string>& texts, std::string_view between) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : std::string(between)) + text;
  return out;
}

/// What is worse, in words.
std::vector<std::string> regressions(const AuditAnswer& answer, const std::vector<NewKind>& new_kinds) {
  std::vector<std::string> worse;
  for (const NewKind& kind : new_kinds)
    if (kind.rate.answer == Compared::kWorse)
      worse.push_back("a new kind of violation, " + to_string(kind.rate.kind));
  for (const RateAnswer& rate : answer.known_kinds)
    if (rate.answer == Compared::kWorse) worse.push_back("more often " + to_string(rate.kind));
  if (std::string figures = names_of(answer.figures, Compared::kWorse); !figures.empty())
    worse.push_back(std::move(figures));
  return worse;
}

/// Why there is no answer yet; empty: nothing stands against a pass.
std::string doubt(const AuditAnswer& answer, bool nothing_counts, const std::vector<NewKind>& new_kinds) {
  if (nothing_counts) return "no pair of runs counts";
  std::vector<std::string> open;
  for (const NewKind& kind : new_kinds)
    if (kind.open) open.push_back(to_string(kind.rate.kind));
  if (!open.empty())
    return "a kind of violation that the baseline never had did not come back often enough: " +
           joined(open, ", ");
  for (const RateAnswer& rate : answer.known_kinds)
    if (rate.answer == Compared::kUnclear) open.push_back(to_string(rate.kind));
  if (!open.empty()) return "too few pairs to tell whether these come more often: " + joined(open, ", ");
  const std::string unclear = names_of(answer.figures, Compared::kUnclear);
  return unclear.empty() ? "" : "too few pairs to rule out that these are worse by the tolerance: " + unclear;
}

void conclude(AuditAnswer& answer, bool nothing_counts, const std::vector<NewKind>& new_kinds) {
  const std::vector<std::string> worse = regressions(answer, new_kinds);
  const std::string why_not = doubt(answer, nothing_counts, new_kinds);
  answer.clear = !worse.empty() || why_not.empty();
  if (!worse.empty()) {
    answer.outcome = AuditOutcome::kRegression;
    answer.reason = joined(worse, "; ");
  } else if (why_not.empty()) {
    answer.outcome = AuditOutcome::kPass;
    answer.reason = "nothing is worse by more than the tolerance";
  } else {
    answer.reason = why_not;
  }
}

}  // namespace

std::string why_not_counted(const AuditPair& pair) {
  if (std::string why = why_not_counted(pair.baseline); !why.empty()) return "baseline " + why;
  if (std::string why = why_not_counted(pair.candidate); !why.empty()) return "candidate " + why;
  return {};
}

std::string_view to_string(Compared answer) {
  switch (answer) {
    case Compared::kSame:
      return "same";
    case Compared::kBetter:
      return "better";
    case Compared::kWorse:
      return "worse";
    case Compared::kUnclear:
      return "unclear";
    case Compared::kNotMeasured:
      break;
  }
  return "not measured";
}

std::string_view to_string(AuditOutcome outcome) {
  switch (outcome) {
    case AuditOutcome::kPass:
      return "pass";
    case AuditOutcome::kRegression:
      return "regression";
    case AuditOutcome::kInconclusive:
      break;
  }
  return "inconclusive";
}

Audit::Audit(std::size_t pairs_max, double tolerance) : pairs_max_(pairs_max), tolerance_(tolerance) {
  CHECK_THAT_HOLDS(pairs_max > 0 && tolerance >= 0, "an audit has pairs and a tolerance");
}

void Audit::add(AuditPair pair) {
  for (NewKind& kind : new_kinds_)
    if (kind.open) count(kind, pair);
  (why_not_counted(pair).empty() ? counted_ : excluded_).push_back(std::move(pair));
}

bool Audit::baseline_has(const ViolationKind& kind) const {
  const auto has = [&](const AuditPair& pair) { return pair.baseline.violations.contains(kind); };
  return std::ranges::any_of(counted_, has) || std::ranges::any_of(excluded_, has) ||
         std::ranges::any_of(new_kinds_, [&](const NewKind& known) {
           return known.rate.kind == kind && known.rate.baseline > 0;
         });
}

std::optional<ViolationKind> Audit::to_confirm() const {
  if (counted_.empty()) return {};
  for (const auto& [kind, seen] : counted_.back().candidate.violations) {
    const bool tried =
        std::ranges::any_of(new_kinds_, [&](const NewKind& known) { return known.rate.kind == kind; });
    if (!tried && !baseline_has(kind)) return kind;
  }
  return {};
}

void Audit::begin_confirming(const ViolationKind& kind) {
  NewKind fresh;
  fresh.plan = counted_.back().plan;
  fresh.run = counted_.back().candidate.id;
  fresh.level = kFalseAlarmsOfNewKinds / std::pow(2, static_cast<double>(new_kinds_.size() + 1));
  fresh.rate.kind = kind;
  fresh.rate.headline = counted_.back().candidate.violations.at(kind).headline;
  finish(fresh.rate);
  new_kinds_.push_back(std::move(fresh));
}

bool Audit::confirm(const AuditPair& pair) {
  NewKind& kind = new_kinds_.back();
  count(kind, pair);
  const bool half = kind.rate.candidate_runs == kConfirmingPairs / 2;
  const bool all = kind.rate.candidate_runs >= kConfirmingPairs;
  if (half || all) settle(kind, kind.level / 4);
  return kind.open && !all;
}

bool Audit::look_is_due() const {
  return looks_ < std::size(kLooks) &&
         static_cast<double>(counted_.size()) >= kLooks[looks_] * static_cast<double>(pairs_max_);
}

std::vector<FigureAnswer> Audit::figure_answers() const {
  std::vector<FigureAnswer> figures;
  for (std::size_t i = 0; i < figure_kinds().size(); ++i)
    figures.push_back(figure_answer(counted_, i, tolerance_));
  return figures;
}

std::vector<RateAnswer> Audit::known_rates() const {
  std::set<ViolationKind> kinds;
  for (const AuditPair& pair : counted_)
    for (const RunSummary* run : {&pair.baseline, &pair.candidate})
      for (const auto& [kind, seen] : run->violations)
        if (baseline_has(kind)) kinds.insert(kind);
  std::vector<RateAnswer> rates;
  for (const ViolationKind& kind : kinds) {
    RateAnswer rate;
    rate.kind = kind;
    rate.baseline_runs = rate.candidate_runs = counted_.size();
    rate.baseline = runs_with(counted_, &AuditPair::baseline, kind);
    rate.candidate = runs_with(counted_, &AuditPair::candidate, kind);
    finish(rate);
    rates.push_back(std::move(rate));
  }
  return rates;
}

AuditAnswer Audit::answer(double share) {
  spent_ += share;
  AuditAnswer answer;
  answer.figures = figure_answers();
  answer.known_kinds = known_rates();
  // By itself each would be an alarm: too little for one, and too much for a pass.
  for (RateAnswer& rate : answer.known_kinds)
    if (rate.p_worse <= kFalseAlarms) rate.answer = Compared::kUnclear;
  adjust(answer.figures, answer.known_kinds);
  for (FigureAnswer& figure : answer.figures) figure.answer = decide(figure, share);
  for (RateAnswer& rate : answer.known_kinds)
    if (rate.p_worse <= (kFalseAlarms - kFalseAlarmsOfNewKinds) * share) rate.answer = Compared::kWorse;
  for (NewKind& kind : new_kinds_) settle(kind, kind.level / 2 * share);
  conclude(answer, counted_.empty(), new_kinds_);
  return answer;
}

AuditAnswer Audit::look() {
  CHECK_THAT_HOLDS(look_is_due(), "looks are at fixed numbers of pairs");
  const double share = kLooks[looks_] - spent_;
  ++looks_;
  return answer(share);
}

AuditAnswer Audit::last_look() {
  ++looks_;
  return answer(1 - spent_);
}

}  // namespace harness
