#include "harness/compare/audit_rows.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "harness/compare/figure_text.h"
#include "reports/text.h"

namespace harness {
namespace {

std::string of_runs(std::size_t k, std::size_t n) {
  return std::to_string(k) + " of " + std::to_string(n);
}

std::string percent(double rate) {
  return std::to_string(std::lround(rate * 100)) + " %";
}

AuditRow row_of(const RateAnswer& rate, std::string note) {
  AuditRow row;
  row.name = row.what = to_string(rate.kind);
  row.answer = rate.answer;
  row.baseline = of_runs(rate.baseline, rate.baseline_runs);
  row.candidate = of_runs(rate.candidate, rate.candidate_runs);
  row.difference = row.candidate + " runs against " + row.baseline;
  row.note = std::move(note);
  return row;
}

std::string note_of(const NewKind& kind, const std::string& directory) {
  const std::string where = kind.rate.headline + "; first seen in " + directory + "/runs/" + kind.run;
  return kind.open ? "not confirmed: " + where : where;
}

/// Of a figure that decides nothing, or whose certainty is not enough for all comparisons together.
bool is_clearly_worse(const FigureAnswer& figure) {
  const Interval& interval = figure.interval;
  return figure_kinds()[figure.kind].more_is_better ? interval.high < -figure.tolerance
                                                    : interval.low > figure.tolerance;
}

AuditRow row_of(const FigureAnswer& figure, double tolerance) {
  const FigureKind& kind = figure_kinds()[figure.kind];
  AuditRow row;
  row.name = kind.name;
  row.what = kind.words;
  row.answer = figure.answer;
  row.baseline = figure_text(kind, figure.baseline);
  row.candidate = figure_text(kind, figure.candidate);
  const std::string share = percent_text(figure.difference, figure.baseline);
  row.difference = signed_text(kind, figure.difference) + (share.empty() ? "" : ", " + share) +
                   " (95 % interval " + interval_text(kind, figure.interval) + ")";
  if (figure.answer == Compared::kUnclear && is_clearly_worse(figure))
    row.note = "worse by more than the tolerance";
  else if (figure.answer == Compared::kUnclear && figure.more_pairs)
    row.note =
        "about " + reporting::counted(*figure.more_pairs, "more pair") + " would tell " + percent(tolerance);
  if (figure.one_sided > 0)
    row.note += (row.note.empty() ? "" : "; ") +
                ("on one side only in " + reporting::counted(figure.one_sided, "pair"));
  if (!kind.decides) row.note += (row.note.empty() ? "" : "; ") + std::string("told only");
  return row;
}

/// Worse first, then unclear, better, same.
int rank(Compared answer) {
  switch (answer) {
    case Compared::kWorse:
      return 0;
    case Compared::kUnclear:
      return 1;
    case Compared::kBetter:
      return 2;
    default:
      return 3;
  }
}

/// Fewer than six pairs have none: what they differ by says nothing yet.
bool has_interval(const FigureAnswer& figure) {
  return figure.pairs > 0 && std::isfinite(figure.interval.high - figure.interval.low);
}

std::string build_of(const AuditReport& report, RunSummary AuditPair::*side, const std::string& spec) {
  for (const auto* pairs : {&report.audit.pairs(), &report.audit.excluded()})
    for (const AuditPair& pair : *pairs)
      if (const std::string& builds = (pair.*side).builds; !builds.empty()) return builds;
  return spec;
}

std::size_t with_violation(const AuditReport& report, RunSummary AuditPair::*side) {
  return static_cast<std::size_t>(std::ranges::count_if(
      report.audit.pairs(), [&](const AuditPair& pair) { return !(pair.*side).violations.empty(); }));
}

std::string duration_text(double seconds) {
  const long whole = std::lround(seconds);
  return whole < 60 ? std::to_string(whole) + " s"
                    : std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
}

}  // namespace

std::vector<AuditRow> audit_rows(const AuditReport& report) {
  std::vector<AuditRow> rows;
  for (const NewKind& kind : report.audit.new_kinds()) {
    // One that the baseline has too is not new: it stands among the known ones.
    if (kind.rate.baseline == 0) rows.push_back(row_of(kind.rate, note_of(kind, report.directory)));
  }
  for (const RateAnswer& rate : report.answer.known_kinds) rows.push_back(row_of(rate, rate.headline));
  const std::size_t kinds = rows.size();
  for (const FigureAnswer& figure : report.answer.figures)
    if (figure.answer != Compared::kNotMeasured && has_interval(figure))
      rows.push_back(row_of(figure, report.tolerance));
  std::stable_sort(rows.begin() + static_cast<std::ptrdiff_t>(kinds), rows.end(),
                   [](const AuditRow& a, const AuditRow& b) { return rank(a.answer) < rank(b.answer); });
  return rows;
}

std::string baseline_build(const AuditReport& report) {
  return build_of(report, &AuditPair::baseline, report.baseline);
}

std::string candidate_build(const AuditReport& report) {
  return build_of(report, &AuditPair::candidate, report.candidate);
}

std::string effort_text(const AuditReport& report) {
  const std::size_t counted = report.audit.counted();
  std::string text = std::to_string(counted) + " of " + std::to_string(report.audit.pairs_max()) + " pairs";
  if (report.interrupted)
    text += ", interrupted";
  else if (report.answer.clear && counted < report.audit.pairs_max())
    text += ", ended early: the answer is clear";
  return text + "; " + duration_text(report.seconds);
}

std::vector<std::string> audit_notes(const AuditReport& report) {
  std::vector<std::string> notes;
  const std::size_t n = report.audit.counted();
  notes.push_back("violations in " + of_runs(with_violation(report, &AuditPair::candidate), n) +
                  " runs of the candidate, " + of_runs(with_violation(report, &AuditPair::baseline), n) +
                  " of the baseline; so many runs would miss a kind that shows in " +
                  percent(1 - std::pow(0.05, 1.0 / static_cast<double>(std::max<std::size_t>(n, 1)))) +
                  " of them with a chance of 5 %");
  const auto uncompared = std::ranges::count_if(report.answer.figures, [](const FigureAnswer& figure) {
    return figure.answer != Compared::kNotMeasured && !has_interval(figure);
  });
  if (uncompared > 0)
    notes.push_back(reporting::counted(static_cast<std::uint64_t>(uncompared), "figure") +
                    " not compared: too few pairs for an interval");
  std::map<std::string, std::size_t> excluded;
  for (const AuditPair& pair : report.audit.excluded()) ++excluded[why_not_counted(pair)];
  for (const auto& [why, count] : excluded)
    notes.push_back(reporting::counted(count, "pair") + " not counted: " + why);
  notes.push_back("tolerance " + percent(report.tolerance) + "; at most 5 % false alarms over all " +
                  reporting::counted(report.audit.looks(), "look") +
                  " and comparisons (Holm; signed-rank and Fisher tests; linear alpha spending)");
  return notes;
}

}  // namespace harness
