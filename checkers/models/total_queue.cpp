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

/// What happened to the elements of one queue.
struct Counts {
  std::unordered_map<std::uint64_t, Count> by_element;
  std::vector<std::uint64_t> order;  // of first appearance, so that findings come in one order
  std::int64_t unknown = 0;          // dequeues whose outcome is not known
  bool unknown_drain = false;        // and one that may have taken any number

  Count& of(Value element) {
    const auto [at, fresh] = by_element.try_emplace(element.bits());
    if (fresh) order.push_back(element.bits());
    return at->second;
  }

  void took(Value element, std::uint32_t number) {
    Count& c = of(element);
    ++c.dequeued;
    c.dequeue = number;
  }

  /// Jepsen's drain returns all that it took. It has no name of its own in a history.
  bool drains(const ValueTable& values, const Operation& o, std::uint32_t number) {
    if (o.function != Function::kOther) return false;
    if (o.outcome != Outcome::kOk) {
      unknown_drain = unknown_drain || o.outcome == Outcome::kInfo;
      return true;
    }
    if (o.result.kind() != Value::Kind::kList) return false;
    for (const Value element : values.as_list(o.result)) took(element, number);
    return true;
  }

  void add(const ValueTable& values, const Operation& o, std::uint32_t number) {
    if (o.function == Function::kEnqueue) {
      if (o.outcome == Outcome::kFail) return;
      Count& c = of(o.argument);
      ++c.attempted;
      c.acknowledged += o.outcome == Outcome::kOk;
      c.enqueue = number;
    } else if (o.function == Function::kDequeue) {
      unknown += o.outcome == Outcome::kInfo;
      if (o.outcome != Outcome::kOk || o.result.is_nil()) return;
      took(o.result, number);
    } else if (!drains(values, o, number)) {
      throw OperationRefused(o.invoke_event,
                             "a queue has enqueue, dequeue and drain (all that is left, in a "
                             "list), not '" +
                                 std::string(to_string(o.function)) + "'");
    }
  }
};

class TotalQueue {
 public:
  TotalQueue(const History& history, Findings& findings) : history_(history), findings_(findings) {}

  /// REQUIRES: all operations of the queue are counted; what is not would seem lost.
  void judge(Counts& counts) {
    std::vector<std::uint32_t> missing;  // enqueues
    for (const std::uint64_t element : counts.order) judge(counts.by_element[element], missing);
    lost_ += static_cast<double>(missing.size());
    if (counts.unknown_drain && !missing.empty())
      return findings_.unknown(
          std::to_string(missing.size()) +
          " elements did not come out, but a drain without an answer may have taken them");
    if (static_cast<std::int64_t>(missing.size()) <= counts.unknown) {
      if (!missing.empty())
        findings_.unknown(std::to_string(missing.size()) + " elements did not come out, but " +
                          std::to_string(counts.unknown) + " indeterminate dequeues may have taken them");
      return;
    }
    for (const std::uint32_t enqueue : missing)
      findings_.add("lost-element", std::span(&enqueue, 1),
                    words(history_, enqueue) + " was acknowledged, but the element never came out.");
  }

  void measure() {
    findings_.measure("lost", lost_);
    findings_.measure("duplicated", duplicated_);
    findings_.measure("unexpected", unexpected_);
    findings_.measure("recovered", recovered_);
  }

 private:
  void judge(const Count& c, std::vector<std::uint32_t>& missing) {
    if (c.attempted > 0)
      duplicated_ += static_cast<double>(std::max<std::int64_t>(c.dequeued - c.attempted, 0));
    recovered_ +=
        static_cast<double>(std::max<std::int64_t>(std::min(c.dequeued, c.attempted) - c.acknowledged, 0));
    if (c.attempted == 0) {
      unexpected_ += static_cast<double>(c.dequeued);
      findings_.add("unexpected-element", std::span(&c.dequeue, 1),
                    words(history_, c.dequeue) + " took an element that nobody enqueued.");
    }
    for (std::int64_t k = c.dequeued; k < c.acknowledged; ++k) missing.push_back(c.enqueue);
  }

  const History& history_;
  Findings& findings_;
  double lost_ = 0, duplicated_ = 0, unexpected_ = 0, recovered_ = 0;
};

}  // namespace

CheckResult check_total_queue(const History& history, const ModelOptions& options) {
  Findings findings("total-queue", history);
  Patience patience(options.budget, findings);
  const ByKey by_key = split_by_key(history);
  TotalQueue queues(history, findings);
  for (std::size_t slot = 0; slot < by_key.size(); ++slot) {
    Counts counts;
    for (const std::uint32_t i : by_key.group(slot)) {
      if (patience.ended()) break;
      counts.add(history.values, history.operations[i], i);
    }
    if (patience.ended()) break;
    queues.judge(counts);
  }
  queues.measure();
  return findings.finish("Every acknowledged element came out, and nothing else did.");
}

}  // namespace harness
