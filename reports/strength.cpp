#include "reports/strength.h"

#include <algorithm>
#include <string>

namespace harness::reporting {
namespace {

/// Operations invoked in [span.begin, span.end). REQUIRES: operations are in order of invocation.
std::size_t count_in(const std::vector<Operation>& operations, Span span) {
  const auto at = [&](Nanos time) {
    return std::lower_bound(operations.begin(), operations.end(), time,
                            [](const Operation& op, Nanos t) { return op.invoked < t; });
  };
  return span.end <= span.begin ? 0 : static_cast<std::size_t>(at(span.end) - at(span.begin));
}

/// The spans joined where they overlap, in order of time.
std::vector<Span> joined(std::vector<Span> spans) {
  std::sort(spans.begin(), spans.end(), [](Span a, Span b) { return a.begin < b.begin; });
  std::vector<Span> out;
  for (Span span : spans) {
    if (!out.empty() && span.begin <= out.back().end)
      out.back().end = std::max(out.back().end, span.end);
    else
      out.push_back(span);
  }
  return out;
}

}  // namespace

Span fault_span(const RunRecord& record, const FaultRecord& fault) {
  Span span{fault.verified_active() ? fault.active : fault.requested, fault.healed};
  const bool dies =
      std::any_of(record.incarnations.begin(), record.incarnations.end(), [&](const Incarnation& life) {
        return std::count(fault.nodes.begin(), fault.nodes.end(), life.node) > 0 && life.ended != kNever &&
               fault.requested <= life.ended && life.ended <= span.begin + kSecond;
      });
  if (fault.healed == kNever && dies) {
    for (const Incarnation& life : record.incarnations)
      if (std::count(fault.nodes.begin(), fault.nodes.end(), life.node) > 0 && life.started > span.begin)
        span.end = std::min(span.end, life.started);
  } else if (fault.healed == kNever && !fault.heals) {
    span.end = span.begin;  // a moment, like a restart
  }
  const Nanos last = std::min(record.info.clients_end, record.info.end);
  if (span.end > last && last != kNever) span.end = std::max(span.begin, last);
  return span;
}

Strength measure_strength(const RunRecord& record, const RunVerdict& verdict) {
  Strength s;
  s.operations = record.history.operations.size();
  for (const Operation& op : record.history.operations)
    ++(op.outcome == Outcome::kOk ? s.ok : op.outcome == Outcome::kFail ? s.fail : s.info);
  std::vector<Span> spans;
  for (const FaultRecord& fault : record.faults) {
    ++s.faults_requested;
    s.faults_verified += fault.verified_active();
    s.faults_to_heal += fault.heals;
    s.faults_healed += fault.heals && fault.verified_healed();
    spans.push_back(fault_span(record, fault));
    s.per_fault.push_back(count_in(record.history.operations, spans.back()));
  }
  for (Span span : joined(spans)) s.during_faults += count_in(record.history.operations, span);
  for (const CheckResult& check : verdict.checks) {
    if (check.valid == Validity::kNotApplicable) continue;
    ++s.checks;
    s.checks_complete += check.valid != Validity::kUnknown && check.truncated.empty();
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
