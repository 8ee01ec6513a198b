#include "reports/strength.h"

#include <algorithm>
#include <string>

namespace harness::reporting {
Strength measure_strength(const RunRecord& record, const RunVerdict& verdict) {
  Strength s;
  s.operations = record.history.operations.size();
  for (const Operation& op : record.history.operations)
    ++(op.outcome == Outcome::kOk ? s.ok : op.outcome == Outcome::kFail ? s.fail : s.info);
  const FaultCounts counts = count_faults(record);
  s.faults = counts.faults;
  s.commands = counts.commands;
  for (const FaultRecord& fault : record.faults) {
    const Span span = fault_span(record, fault);
    s.per_fault.push_back(span.begin < span.end ? std::optional(operations_in(record, span)) : std::nullopt);
  }
  s.during_faults = operations_during_faults(record);
  for (const CheckResult& check : verdict.checks) {
    if (check.valid == Validity::kNotApplicable) continue;
    ++s.checks;
    // One that is decided is complete, though not all that it found may be listed.
    s.checks_complete += check.valid != Validity::kUnknown;
  }
  return s;
}

std::size_t operation_of_event(const History& history, std::size_t event) {
  const auto at = std::lower_bound(history.operations.begin(), history.operations.end(), event,
                                   [](const Operation& op, std::size_t e) { return op.invoke_event < e; });
  if (at == history.operations.end() || at->invoke_event != event) return std::string::npos;
  return static_cast<std::size_t>(at - history.operations.begin());
}

}  // namespace harness::reporting
