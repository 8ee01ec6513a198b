#include "reports/latency.h"

#include <algorithm>
#include <cmath>

#include "harness/core/waiting.h"
#include "reports/strength.h"

namespace harness::reporting {
namespace {

/// The least value that at least this share of the values does not exceed. REQUIRES: sorted, not empty.
Nanos quantile(const std::vector<Nanos>& sorted, double share) {
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
  return sorted[std::clamp<std::size_t>(rank, 1, sorted.size()) - 1];
}

Quantiles quantiles_of(std::vector<Nanos> lengths) {
  Quantiles out;
  out.operations = lengths.size();
  if (lengths.empty()) return out;
  std::sort(lengths.begin(), lengths.end());
  out.p50 = quantile(lengths, 0.5);
  out.p99 = quantile(lengths, 0.99);
  out.p999 = quantile(lengths, 0.999);
  out.max = lengths.back();
  return out;
}

/// REQUIRES: operations are in order of invocation.
Quantiles within(const std::vector<Operation>& operations, Span span) {
  const auto first = std::lower_bound(operations.begin(), operations.end(), span.begin,
                                      [](const Operation& op, Nanos t) { return op.invoked < t; });
  std::vector<Nanos> lengths;
  for (auto op = first; op != operations.end() && op->invoked < span.end; ++op)
    if (op->outcome == Outcome::kOk && !waits_for_others(*op)) lengths.push_back(op->completed - op->invoked);
  return quantiles_of(std::move(lengths));
}

}  // namespace

Latency measure_latency(const RunRecord& record) {
  const std::vector<Operation>& operations = record.history.operations;
  const Nanos end = std::min(record.info.clients_end, record.info.end);
  Latency latency;
  latency.all = within(operations, {0, end});
  std::vector<Span> spans;
  for (const FaultRecord& fault : record.faults) spans.push_back(fault_span(record, fault));
  for (std::size_t i = 0; i < spans.size(); ++i) {
    Nanos since = 0, until = end;
    for (std::size_t other = 0; other < spans.size(); ++other) {
      if (spans[other].end <= spans[i].begin && other != i) since = std::max(since, spans[other].end);
      if (spans[other].begin >= spans[i].end && other != i) until = std::min(until, spans[other].begin);
    }
    latency.per_fault.push_back({within(operations, {since, record.faults[i].requested}),
                                 within(operations, spans[i]), within(operations, {spans[i].end, until})});
  }
  return latency;
}

}  // namespace harness::reporting
