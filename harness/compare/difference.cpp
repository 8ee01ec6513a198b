#include "harness/compare/difference.h"

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "harness/compare/figure_text.h"
#include "harness/core/exit_code.h"
#include "reports/text.h"

namespace harness {
namespace {

using Json = nlohmann::ordered_json;
using Rows = std::vector<std::vector<std::string>>;

/// What `of` has and `other` has not, or has too.
Violations chosen(const Violations& of, const Violations& other, bool in_both) {
  Violations violations;
  for (const auto& [kind, seen] : of)
    if (other.contains(kind) == in_both) violations[kind] = seen;
  return violations;
}

std::string mark(Validity valid) {
  switch (valid) {
    case Validity::kValid:
      return "ok";
    case Validity::kInvalid:
      return "FAIL";
    case Validity::kUnknown:
      return "??";
    case Validity::kNotApplicable:
      break;
  }
  return "--";
}

std::string check_text(const RunSummary::Check* check) {
  if (check == nullptr) return "-";
  return mark(check->valid) + (check->allowed > 0 ? ", " + std::to_string(check->allowed) + " allowed" : "");
}

struct CheckPair {
  const RunSummary::Check* before = nullptr;
  const RunSummary::Check* after = nullptr;

  bool changed() const {
    return before == nullptr || after == nullptr || before->valid != after->valid ||
           before->allowed != after->allowed;
  }
};

/// By name, in the order of the second run; what only the first has comes last.
std::vector<std::pair<std::string, CheckPair>> checks_of(const Difference& difference) {
  std::vector<std::pair<std::string, CheckPair>> pairs;
  std::map<std::string, const RunSummary::Check*> before;
  for (const RunSummary::Check& check : difference.before.checks) before[check.name] = &check;
  for (const RunSummary::Check& check : difference.after.checks) {
    const auto found = before.find(check.name);
    pairs.push_back({check.name, {found == before.end() ? nullptr : found->second, &check}});
    if (found != before.end()) before.erase(found);
  }
  for (const auto& [name, check] : before) pairs.push_back({name, {check, nullptr}});
  return pairs;
}

/// How far the medians of the two runs' seconds differ, where a figure has seconds. The seed is fixed: the
/// same two runs have the same interval each time.
std::optional<Interval> second_by_second(const Difference& difference, const FigureKind& kind) {
  if (kind.by_second == nullptr) return {};
  const std::vector<double>& before = difference.before.seconds.*kind.by_second;
  const std::vector<double>& after = difference.after.seconds.*kind.by_second;
  if (before.size() < 3 || after.size() < 3) return {};
  Prng prng = Prng(1).split(kind.name);
  return bootstrap_difference(after, before, median, prng);
}

std::optional<double> at(const Figures& figures, std::size_t i) {
  return i < figures.size() ? figures[i] : std::nullopt;
}

Rows head_rows(const Difference& difference) {
  const RunSummary& a = difference.before;
  const RunSummary& b = difference.after;
  return {{"", a.id, b.id},
          {"verdict", a.verdict, b.verdict},
          {"build", a.builds, b.builds},
          {"scenario", a.scenario, b.scenario},
          {"seed", std::to_string(a.seed), std::to_string(b.seed)}};
}

Rows check_rows(const Difference& difference) {
  Rows rows;
  for (const auto& [name, pair] : checks_of(difference))
    if (pair.changed())
      rows.push_back({reporting::terminal_text(name), check_text(pair.before), check_text(pair.after)});
  return rows;
}

Rows figure_rows(const Difference& difference) {
  Rows rows;
  const auto kinds = figure_kinds();
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    const auto before = at(difference.before.figures, i);
    const auto after = at(difference.after.figures, i);
    if (!before && !after) continue;
    std::vector<std::string> row{std::string(kinds[i].words), figure_text(kinds[i], before),
                                 figure_text(kinds[i], after)};
    if (before && after) {
      row.push_back(signed_text(kinds[i], *after - *before));
      row.push_back(percent_text(*after - *before, *before));
      if (const auto interval = second_by_second(difference, kinds[i]))
        row.push_back("by the second " + interval_text(kinds[i], *interval));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string violation_rows(std::string label, const Violations& violations) {
  std::string text;
  label.resize(10, ' ');
  for (const auto& [kind, seen] : violations)
    text += "  " + label + reporting::terminal_text(to_string(kind)) + "   " + std::to_string(seen.count) +
            "   " + reporting::terminal_text(seen.headline) + "\n";
  return text;
}

Json violations_json(const Violations& violations) {
  Json out = Json::array();
  for (const auto& [kind, seen] : violations)
    out.push_back({{"check", kind.check},
                   {"anomaly", kind.anomaly},
                   {"count", seen.count},
                   {"headline", seen.headline}});
  return out;
}

Json compared_run_json(const RunSummary& run) {
  return {
      {"run", run.id},    {"verdict", run.verdict}, {"exit_code", run.exit_code}, {"scenario", run.scenario},
      {"seed", run.seed}, {"builds", run.builds}};
}

Json check_json(const RunSummary::Check* check) {
  if (check == nullptr) return nullptr;
  return {{"valid", check->valid == Validity::kValid     ? Json(true)
                    : check->valid == Validity::kInvalid ? Json(false)
                                                         : Json(to_string(check->valid))},
          {"allowed", check->allowed}};
}

Json optional_json(std::optional<double> value) {
  return value ? Json(*value) : Json(nullptr);
}

Json figures_json(const Difference& difference) {
  Json figures = Json::array();
  const auto kinds = figure_kinds();
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    Json figure = {{"name", kinds[i].name},
                   {"unit", kinds[i].unit},
                   {"more_is_better", kinds[i].more_is_better},
                   {"before", optional_json(at(difference.before.figures, i))},
                   {"after", optional_json(at(difference.after.figures, i))}};
    if (const auto interval = second_by_second(difference, kinds[i]))
      figure["by_second"] = {interval->low, interval->high};
    figures.push_back(std::move(figure));
  }
  return figures;
}

}  // namespace

Violations new_violations(const Difference& difference) {
  return chosen(difference.after.violations, difference.before.violations, false);
}

Violations ongoing_violations(const Difference& difference) {
  return chosen(difference.after.violations, difference.before.violations, true);
}

Violations resolved_violations(const Difference& difference) {
  return chosen(difference.before.violations, difference.after.violations, false);
}

int exit_code_of(const Difference& difference) {
  if (!new_violations(difference).empty()) return kExitViolation;
  if (difference.before.exit_code == kExitEnvironment || difference.after.exit_code == kExitEnvironment)
    return kExitEnvironment;
  const bool less_certain =
      difference.after.exit_code == kExitUnknown && difference.before.exit_code != kExitUnknown;
  return less_certain ? kExitUnknown : kExitPass;
}

std::string difference_text(const Difference& difference) {
  std::string text = table_text(head_rows(difference), 2);
  text += std::string("  plan      ") +
          (difference.same_plan ? "the same" : "another: what differs may come from the plan") + "\n";
  text += violation_rows("new", new_violations(difference));
  text += violation_rows("ongoing", ongoing_violations(difference));
  text += violation_rows("resolved", resolved_violations(difference));
  const Rows checks = check_rows(difference);
  if (!checks.empty()) text += "checks whose answer differs\n" + table_text(checks, 2);
  const Rows figures = figure_rows(difference);
  if (!figures.empty()) text += "figures\n" + table_text(figures, 2);
  return text;
}

Json difference_json(const Difference& difference) {
  Json checks = Json::array();
  for (const auto& [name, pair] : checks_of(difference))
    checks.push_back({{"name", name},
                      {"before", check_json(pair.before)},
                      {"after", check_json(pair.after)},
                      {"changed", pair.changed()}});
  return {{"schema", 1},
          {"before", compared_run_json(difference.before)},
          {"after", compared_run_json(difference.after)},
          {"same_plan", difference.same_plan},
          {"new", violations_json(new_violations(difference))},
          {"ongoing", violations_json(ongoing_violations(difference))},
          {"resolved", violations_json(resolved_violations(difference))},
          {"checks", checks},
          {"figures", figures_json(difference)}};
}

}  // namespace harness
