// For tests only: what a check found, and a rule of loads asked alone.
#pragma once

#include <algorithm>
#include <numeric>
#include <string_view>
#include <vector>

#include "checkers/promises/analysis.h"
#include "checkers/promises/load_rules.h"
#include "harness/core/verdict.h"

namespace harness::testing {

/// An anomaly of that type, allowed or not.
inline bool has(const CheckResult& result, std::string_view type) {
  return std::ranges::any_of(result.anomalies, [&](const Anomaly& anomaly) { return anomaly.type == type; });
}
inline bool has(const CheckResult& result, std::string_view type, bool allowed) {
  return std::ranges::any_of(result.anomalies, [&](const Anomaly& anomaly) {
    return anomaly.type == type && anomaly.allowed == allowed;
  });
}
inline bool violates(const CheckResult& result, std::string_view type) {
  return has(result, type, false);
}

/// One that the documented window of that name allows.
inline bool allowed_in(const CheckResult& result, std::string_view type, std::string_view window) {
  return std::ranges::any_of(result.anomalies, [&](const Anomaly& anomaly) {
    return anomaly.type == type && anomaly.allowed && to_string(anomaly.window) == window;
  });
}

/// The figure of that name; `absent`: there is none.
inline double measured(const CheckResult& result, std::string_view name, double absent = -1) {
  for (const auto& [known, value] : result.measured)
    if (known == name) return value;
  return absent;
}

/// What the rule says of all operations of the run.
inline CheckResult by_rule(LoadRule rule, const RunRecord& run) {
  std::vector<std::uint32_t> operations(run.history.operations.size());
  std::iota(operations.begin(), operations.end(), 0U);
  CheckResult result;
  result.valid = Validity::kValid;
  rule(Analysis(run), operations, result);
  return result;
}

}  // namespace harness::testing
