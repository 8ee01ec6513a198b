#include "checkers/excusing.h"

#include <algorithm>

#include "checkers/promises/evidence.h"
#include "harness/core/counted.h"

namespace harness {

void excuse_violations(CheckResult& result, const std::function<std::string(const Anomaly&)>& reason) {
  std::string doubts;
  const std::size_t excused = std::erase_if(result.anomalies, [&](const Anomaly& anomaly) {
    const std::string why = anomaly.allowed ? std::string() : reason(anomaly);
    if (!why.empty() && doubts.empty()) doubts = anomaly.explanation + "; but " + why + ".";
    return !why.empty();
  });
  if (excused == 0) return;
  if (excused > 1) doubts += " So it is with " + counted_noun(excused - 1, "more finding") + ".";
  const auto left = std::ranges::find(result.anomalies, false, &Anomaly::allowed);
  // A list that was cut has one at least of each kind.
  result.violations = left == result.anomalies.end() ? 0 : result.violations - excused;
  result.explanation.clear();
  if (left != result.anomalies.end()) result.explanation = left->explanation + ".";
  if (result.violations == 0) result.valid = Validity::kUnknown;
  doubt(result, doubts);
}

}  // namespace harness
