// For tests only: what a check found, and a rule of loads asked alone.
#pragma once

#include <algorithm>
#include <limits>
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

/// The operations of these processes: apart from those of a scene's own load.
struct Processes {
  int first = 0;
  int last = std::numeric_limits<int>::max();
};
inline std::vector<std::uint32_t> operations_of(const RunRecord& run, Processes processes) {
  std::vector<std::uint32_t> operations;
  for (std::uint32_t id = 0; id < run.history.operations.size(); ++id)
    if (const int process = run.history.operations[id].process;
        processes.first <= process && process <= processes.last)
      operations.push_back(id);
  return operations;
}

/// What the rule says of the operations of these processes; none given: of all of the run.
inline CheckResult by_rule(LoadRule rule, const RunRecord& run, Processes processes = {}) {
  CheckResult result;
  result.valid = Validity::kValid;
  rule(Analysis(run), operations_of(run, processes), result);
  return result;
}

}  // namespace harness::testing
