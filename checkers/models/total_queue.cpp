#include <algorithm>
#include <unordered_map>

#include "checkers/common/findings.h"
#include "checkers/common/patience.h"
#include "checkers/models/queue.h"

namespace harness {
namespace {

/// What happened to one element.
struct Count {
  std::int64_t acknowledged = 0, attempted = 0, dequeued = 0;
  std::uint32_t enqueue = 0, dequeue = 0;  // the last of each
};

}  // namespace

CheckResult check_total_queue(const History& history, const ModelOptions& options) {
  Findings findings("total-queue", history);
  Patience patience(options.budget, findings);
  const ByKey by_key = split_by_key(history);
  double lost = 0, duplicated = 0, unexpected = 0, recovered = 0;
  for (std::size_t slot = 0; slot < by_key.size(); ++slot) {
    std::unordered_map<std::uint64_t, Count> counts;
    std::int64_t unknown = 0;
    std::vector<std::uint64_t> order;  // of first appearance, so that findings come in one order
    const auto count = [&](Value value) -> Count& {
      const auto [at, fresh] = counts.try_emplace(value.bits());
      if (fresh) order.push_back(value.bits());
      return at->second;
    };
    for (const std::uint32_t i : by_key.group(slot)) {
      if (patience.ended()) break;
      const Operation& o = history.operations[i];
      if (o.function == Function::kEnqueue) {
        if (o.outcome == Outcome::kFail) continue;
        Count& c = count(o.argument);
        ++c.attempted;
        c.acknowledged += o.outcome == Outcome::kOk;
        c.enqueue = i;
      } else if (o.function == Function::kDequeue) {
        unknown += o.outcome == Outcome::kInfo;
        if (o.outcome != Outcome::kOk || o.result.is_nil()) continue;
        Count& c = count(o.result);
        ++c.dequeued;
        c.dequeue = i;
      } else {
        throw OperationRefused(o.invoke_event, "a queue has enqueue and dequeue, not '" +
                                                   std::string(to_string(o.function)) + "'");
      }
    }
    if (patience.ended()) break;  // what is not counted yet would seem lost
    std::vector<std::uint32_t> missing;
    for (const std::uint64_t value : order) {
      const Count& c = counts[value];
      if (c.attempted > 0)
        duplicated += static_cast<double>(std::max<std::int64_t>(c.dequeued - c.attempted, 0));
      recovered +=
          static_cast<double>(std::max<std::int64_t>(std::min(c.dequeued, c.attempted) - c.acknowledged, 0));
      if (c.attempted == 0) {
        unexpected += static_cast<double>(c.dequeued);
        findings.add("unexpected-element", std::span(&c.dequeue, 1),
                     words(history, c.dequeue) + " took an element that nobody enqueued.");
      }
      for (std::int64_t k = c.dequeued; k < c.acknowledged; ++k) missing.push_back(c.enqueue);
    }
    lost += static_cast<double>(missing.size());
    if (static_cast<std::int64_t>(missing.size()) <= unknown) {
      if (!missing.empty())
        findings.unknown(std::to_string(missing.size()) + " elements did not come out, but " +
                         std::to_string(unknown) + " indeterminate dequeues may have taken them");
      continue;
    }
    for (const std::uint32_t enqueue : missing)
      findings.add("lost-element", std::span(&enqueue, 1),
                   words(history, enqueue) + " was acknowledged, but the element never came out.");
  }
  findings.measure("lost", lost);
  findings.measure("duplicated", duplicated);
  findings.measure("unexpected", unexpected);
  findings.measure("recovered", recovered);
  return findings.finish("Every acknowledged element came out, and nothing else did.");
}

}  // namespace harness
