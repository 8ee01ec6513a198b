#include "harness/compare/violations.h"

#include "reports/headline.h"

namespace harness {

Violations violations_of(const RunVerdict& verdict) {
  Violations violations;
  for (const CheckResult& check : verdict.checks) {
    if (check.valid != Validity::kInvalid || check.violations == 0) continue;
    bool listed = false;
    for (const Anomaly& anomaly : check.anomalies) {
      if (anomaly.allowed) continue;
      ViolationSeen& seen = violations[{check.name, anomaly.type}];
      if (seen.count++ == 0) seen.headline = reporting::headline(anomaly);
      listed = true;
    }
    if (!listed) violations[{check.name, ""}] = {check.violations, check.explanation};
  }
  return violations;
}

std::string to_string(const ViolationKind& kind) {
  return kind.anomaly.empty() ? kind.check : kind.check + ": " + kind.anomaly;
}

}  // namespace harness
