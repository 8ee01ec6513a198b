#include "checkers/judge.h"
#include "checkers/common/explaining.h"
#include "checkers/common/writers.h"

#include <algorithm>

#include "checkers/loads.h"
#include "checkers/objects/objects.h"
#include "checkers/promises/analysis.h"
#include "checkers/promises/documented.h"
#include "checkers/promises/expectations.h"
#include "checkers/promises/logs.h"
#include "checkers/promises/promised.h"
#include "harness/core/anomaly_kind.h"
#include "harness/core/check.h"

namespace harness {
namespace {

int exit_code_of(Validity valid) {
  switch (valid) {
    case Validity::kValid:
      return 0;
    case Validity::kInvalid:
      return 1;
    case Validity::kNotApplicable:
    case Validity::kUnknown:
      break;
  }
  return 4;
}

bool is_of_loads(const Checker& checker) {
  return checker.check == check_register;
}

/// A run of one load of registers has one result, of the checker's own name, unless the load has another.
bool judged_by_load(const RunRecord& run) {
  const auto& loads = run.plan.loads;
  if (loads.size() != 1) return loads.size() > 1;
  const auto own = std::ranges::find_if(checkers(), is_of_loads);
  return object_of_workload(loads.front().workload) != find_object(own->name) ||
         (!loads.front().name.empty() && loads.front().name != loads.front().workload);
}

std::string names_where(const std::vector<CheckResult>& checks, Validity valid) {
  std::string names;
  for (const CheckResult& check : checks)
    if (check.valid == valid) names += (names.empty() ? "" : ", ") + check.name;
  return names;
}

/// Losses that a documented window allows are told with every verdict that is no failure.
bool tells_losses(const CheckResult& check) {
  return check.allowed > 0 && std::ranges::any_of(check.measured, [](const auto& measure) {
           return measure.first == "lost_writes";
         });
}

std::string damaged(const std::vector<std::string>& damage) {
  std::string names;
  for (const std::string& what : damage) names += (names.empty() ? "" : "; ") + what;
  return "The evidence is damaged, and nothing is concluded from it: " + names + ".";
}

/// Damaged evidence proves nothing: what was found in it is a doubt, and no checker passed on it.
void doubt_damaged(std::vector<CheckResult>& checks, const std::vector<std::string>& damage) {
  if (damage.empty()) return;
  for (CheckResult& check : checks) {
    if (check.valid == Validity::kNotApplicable) continue;
    check.valid = Validity::kUnknown;
    check.explanation = damaged(damage) + " " + check.explanation;
    // Nothing found in it is told as a violation.
    std::erase_if(check.anomalies, [](const Anomaly& anomaly) { return !anomaly.allowed; });
    check.violations = 0;
  }
}

/// A run that broke nothing shows little: whoever reads its verdict must know.
bool without_faults(const Plan& plan) {
  return plan.limits.no_faults && std::ranges::none_of(plan.steps, [](const StepPlan& step) {
           return step.kind == StepPlan::Kind::kFault;
         });
}

/// The verdict first, then the first reason for it, then what was allowed.
std::string explain(const RunVerdict& verdict, const Plan& plan) {
  std::size_t violations = 0;
  std::string text;
  const auto applied = std::ranges::count_if(
      verdict.checks, [](const CheckResult& check) { return check.valid != Validity::kNotApplicable; });
  for (const CheckResult& check : verdict.checks) violations += check.violations;
  const auto worst_check =
      std::find_if(verdict.checks.begin(), verdict.checks.end(),
                   [&](const CheckResult& check) { return check.valid == verdict.valid; });
  switch (verdict.valid) {
    case Validity::kValid:
      text = "The build kept its promises: all " + std::to_string(applied) + " checkers that apply passed" +
             (without_faults(plan) ? ", in a run that by its plan had no faults" : "") +
             (violations == 0 ? "." : ", but for violations that the plan knows.");
      break;
    case Validity::kNotApplicable:
    case Validity::kUnknown:
      if (worst_check == verdict.checks.end()) {
        text = "No checker had anything to judge.";
        break;
      }
      text = "Nothing wrong was found, but the evidence is not enough to say that all is right (" +
             names_where(verdict.checks, Validity::kUnknown) + "). " + worst_check->explanation;
      break;
    case Validity::kInvalid:
      text = std::to_string(violations) + (violations == 1 ? " violation (" : " violations (") +
             names_where(verdict.checks, Validity::kInvalid) + "). " + worst_check->explanation;
      break;
  }
  for (const CheckResult& check : verdict.checks)
    if (tells_losses(check) && verdict.valid != Validity::kInvalid) text += " " + check.explanation;
  return text;
}

bool was_formed(const RunRecord& run) {
  return std::ranges::none_of(run.expectations, [](const ExpectationRecord& expectation) {
    return expectation.step == kFormationStep && expectation.failed;
  });
}

/// What has something to say of servers that never became one cluster: all else that is seen of those is that
/// one failure once more.
bool judges_unformed(const Checker& checker) {
  return checker.check == check_expectations || checker.check == check_logs;
}

CheckResult nothing_to_judge(const Checker& checker) {
  CheckResult result;
  result.name = checker.name;
  result.valid = Validity::kNotApplicable;
  result.explanation = "The servers never became one cluster.";
  return result;
}

std::vector<CheckResult> run_checker(const Checker& checker, const Analysis& analysis,
                                     const CheckOptions& options) {
  std::vector<CheckResult> results;
  if (!judges_unformed(checker) && !was_formed(analysis.run)) return {nothing_to_judge(checker)};
  if (is_of_loads(checker) && judged_by_load(analysis.run))
    results = check_loads(analysis, options);
  else
    results.push_back(checker.check(analysis, options));
  const Explaining explaining;
  for (CheckResult& result : results) add_writers(analysis.run.history, result.anomalies);
  doubt_damaged(results, analysis.run.damage);
  return results;
}

}  // namespace

SelectedChecks::SelectedChecks(std::span<const std::string_view> names, const Analysis& analysis,
                               std::span<const ProcessorWait> waits)
    : analysis_(analysis),
      plan_(analysis.run.plan),
      names_(names),
      known_(analysis.run),
      starvation_(analysis.run, waits, analysis.failovers),
      damaged_views_(analysis.run),
      forgotten_members_(analysis) {
  for (const std::string_view name : names)
    if (find_checker(name) == nullptr && std::ranges::count(plan_.loads, name, &LoadPlan::name) == 0)
      throw UsageError("there is no checker called \"" + std::string(name) +
                       "\"; `harness list` names them all");
}

bool SelectedChecks::names(std::string_view name) const {
  return std::ranges::find(names_, name) != names_.end();
}

bool SelectedChecks::asks_for(const Checker& checker) const {
  if (names_.empty() || names(checker.name)) return true;
  return is_of_loads(checker) &&
         std::ranges::any_of(plan_.loads, [&](const LoadPlan& load) { return names(load.name); });
}

std::vector<CheckResult> SelectedChecks::run(const Checker& checker, const CheckOptions& options) const {
  if (!asks_for(checker)) return {};
  std::vector<CheckResult> results = run_checker(checker, analysis_, options);
  for (CheckResult& result : results) {
    damaged_views_.excuse(result);
    forgotten_members_.excuse(result);
    starvation_.excuse(result);
  }
  if (!names_.empty() && !names(checker.name))
    std::erase_if(results, [&](const CheckResult& result) { return !names(result.name); });
  for (CheckResult& result : results) {
    for (Anomaly& anomaly : result.anomalies)
      if (anomaly.promise.empty()) anomaly.promise = promise_of(anomaly.type, plan_);
    known_.forgive(checker.name, result);
  }
  return results;
}

RunVerdict judge(const RunRecord& run, const CheckOptions& options,
                 std::span<const std::string_view> selected, std::span<const ProcessorWait> waits) {
  RunVerdict verdict;
  verdict.valid = Validity::kNotApplicable;
  const Analysis analysis(run);
  const SelectedChecks asked(selected, analysis, waits);
  for (const Checker& checker : checkers()) {
    for (CheckResult& result : asked.run(checker, options)) {
      verdict.valid = worst(verdict.valid, result.valid);
      verdict.checks.push_back(std::move(result));
    }
  }
  verdict.failovers = analysis.failovers;
  if (verdict.valid == Validity::kNotApplicable) verdict.valid = Validity::kUnknown;  // nothing was tested
  verdict.exit_code = exit_code_of(verdict.valid);
  verdict.explanation = run.damage.empty() ? explain(verdict, run.plan) : damaged(run.damage);
  for (const std::string& told : known_told(run, verdict)) verdict.explanation += " Known violation " + told;
  return verdict;
}

}  // namespace harness
