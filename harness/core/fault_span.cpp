#include "harness/core/fault_span.h"

#include <algorithm>
#include <vector>

namespace harness {
namespace {

/// The spans joined where they overlap, in order of time.
std::vector<Span> joined(std::vector<Span> spans) {
  std::sort(spans.begin(), spans.end(), [](Span a, Span b) { return a.begin < b.begin; });
  std::vector<Span> out;
  for (const Span span : spans) {
    if (!out.empty() && span.begin <= out.back().end)
      out.back().end = std::max(out.back().end, span.end);
    else
      out.push_back(span);
  }
  return out;
}

/// What a fault did before it struck has a record of its own (run/store), over when the blow came.
bool is_preparation(const RunRecord& record, const FaultRecord& fault) {
  return fault.prepared == kNever && std::ranges::any_of(record.faults, [&](const FaultRecord& blow) {
           return blow.prepared != kNever && blow.step == fault.step && blow.prepared == fault.requested &&
                  blow.requested == fault.healed;
         });
}

}  // namespace

bool is_command(const RunRecord& record, const FaultRecord& fault) {
  return std::ranges::any_of(record.commands, [&](const CommandRecord& command) {
    return command.step == fault.step && command.time == fault.requested;
  });
}

FaultCounts count_faults(const RunRecord& record) {
  FaultCounts counts;
  for (const FaultRecord& fault : record.faults) {
    if (is_preparation(record, fault)) continue;
    DeedCounts& kind = is_command(record, fault) ? counts.commands : counts.faults;
    ++kind.requested;
    kind.verified += fault.verified_active();
    kind.to_heal += fault.heals;
    kind.healed += fault.heals && fault.verified_healed();
  }
  return counts;
}

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
    span.end = span.begin;
  }
  if (fault.healed != kNever && span.end - span.begin < kMillisecond)
    span.begin = std::min(span.begin, fault.requested);
  const Nanos last = std::min(record.info.clients_end, record.info.end);
  if (span.end > last && last != kNever) span.end = std::max(span.begin, last);
  return span;
}

std::size_t operations_in(const RunRecord& record, Span span) {
  return static_cast<std::size_t>(std::ranges::count_if(record.history.operations, [&](const Operation& op) {
    return op.outcome == Outcome::kOk && span.begin <= op.invoked && op.invoked < span.end;
  }));
}

std::size_t operations_during_faults(const RunRecord& record) {
  std::vector<Span> spans;
  for (const FaultRecord& fault : record.faults) spans.push_back(fault_span(record, fault));
  spans = joined(std::move(spans));
  return static_cast<std::size_t>(std::ranges::count_if(record.history.operations, [&](const Operation& op) {
    return op.outcome == Outcome::kOk && std::ranges::any_of(spans, [&](const Span& span) {
             return span.begin <= op.invoked && op.invoked < span.end;
           });
  }));
}

}  // namespace harness
