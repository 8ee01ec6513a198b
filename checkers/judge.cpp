#include "checkers/judge.h"

#include <algorithm>

#include "checkers/loads.h"
#include "checkers/promises/documented.h"
#include "checkers/promises/failovers.h"
#include "harness/core/check.h"

namespace harness {
namespace {

int exit_code_of(Validity valid) {
  switch (valid) {
    case Validity::kValid:
      return 0;
    case Validity::kInvalid:
      return 1;
    case Validity::kUnknown:
      break;
  }
  return 4;
}

/// A run of one load of registers has one result, of the checker's own name.
bool judged_by_load(const RunRecord& run) {
  const auto& loads = run.plan.loads;
  return loads.size() > 1 ||
         (loads.size() == 1 && object_of_workload(loads.front().workload) != object_of_workload("register"));
}

std::string names_where(const std::vector<CheckResult>& checks, Validity valid) {
  std::string names;
  for (const CheckResult& check : checks)
    if (check.valid == valid) names += (names.empty() ? "" : ", ") + check.name;
  return names;
}

/// The verdict first, then the first reason for it, then what was allowed.
std::string explain(const RunVerdict& verdict) {
  std::size_t violations = 0;
  std::string text;
  for (const CheckResult& check : verdict.checks) violations += check.violations;
  const auto worst_check =
      std::find_if(verdict.checks.begin(), verdict.checks.end(),
                   [&](const CheckResult& check) { return check.valid == verdict.valid; });
  switch (verdict.valid) {
    case Validity::kValid:
      text =
          "The build kept its promises: all " + std::to_string(verdict.checks.size()) + " checkers passed.";
      break;
    case Validity::kUnknown:
      text = "Nothing wrong was found, but the evidence is not enough to say that all is right (" +
             names_where(verdict.checks, Validity::kUnknown) + "). " + worst_check->explanation;
      break;
    case Validity::kInvalid:
      text = std::to_string(violations) + (violations == 1 ? " violation (" : " violations (") +
             names_where(verdict.checks, Validity::kInvalid) + "). " + worst_check->explanation;
      break;
  }
  for (const CheckResult& check : verdict.checks)
    if (check.name == "register" && check.allowed > 0 && verdict.valid != Validity::kInvalid)
      text += " " + check.explanation;
  return text;
}

}  // namespace

RunVerdict judge(const RunRecord& run, const CheckOptions& options,
                 std::span<const std::string_view> selected) {
  for (const std::string_view name : selected)
    if (find_checker(name) == nullptr)
      throw UsageError("there is no checker called \"" + std::string(name) +
                       "\"; `harness list` names them all");
  RunVerdict verdict;
  verdict.valid = Validity::kValid;
  for (const Checker& checker : checkers()) {
    if (!selected.empty() && std::find(selected.begin(), selected.end(), checker.name) == selected.end())
      continue;
    std::vector<CheckResult> results;
    if (checker.check == check_register && judged_by_load(run))
      results = check_loads(run, options);
    else
      results.push_back(checker.check(run, options));
    for (CheckResult& result : results) {
      verdict.valid = worst(verdict.valid, result.valid);
      verdict.checks.push_back(std::move(result));
    }
  }
  verdict.failovers = find_failovers(run);
  verdict.exit_code = exit_code_of(verdict.valid);
  verdict.explanation = explain(verdict);
  return verdict;
}

}  // namespace harness
