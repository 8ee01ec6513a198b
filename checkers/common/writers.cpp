#include "checkers/common/writers.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace harness {
namespace {

constexpr int kRoundsMax = 16;  // of writers of what writers expected
constexpr std::size_t kOperationsMax = 64;

using Wanted = std::pair<std::uint32_t, std::uint64_t>;  // key, bits of the value

bool single(Value value) {
  return !value.is_nil() && value.kind() != Value::Kind::kList;
}

/// What the operation put into its key.
std::optional<Value> written(const History& history, const Operation& op) {
  if (op.function == Function::kCas) {
    if (op.argument.kind() != Value::Kind::kList) return {};
    const auto pair = history.values.as_list(op.argument);
    return pair.size() == 2 ? std::optional(pair.back()) : std::nullopt;
  }
  const bool writes = op.function == Function::kWrite || op.function == Function::kAdd ||
                      op.function == Function::kEnqueue || op.function == Function::kPut;
  return writes && single(op.argument) ? std::optional(op.argument) : std::nullopt;
}

/// The value that it saw in its key, or found there as it wanted.
std::optional<Value> seen(const History& history, const Operation& op) {
  if (op.function == Function::kCas) {
    if (op.outcome == Outcome::kFail || op.argument.kind() != Value::Kind::kList) return {};
    const auto pair = history.values.as_list(op.argument);
    return pair.size() == 2 && single(pair.front()) ? std::optional(pair.front()) : std::nullopt;
  }
  const bool reads =
      op.function == Function::kRead || op.function == Function::kGet || op.function == Function::kDequeue;
  return reads && op.outcome == Outcome::kOk && single(op.result) ? std::optional(op.result) : std::nullopt;
}

const Operation* operation_of(const History& history, std::size_t event) {
  const auto at = std::ranges::lower_bound(history.operations, event, {}, &Operation::invoke_event);
  return at != history.operations.end() && at->invoke_event == event ? &*at : nullptr;
}

/// One anomaly whose writers are looked for.
class Search {
 public:
  Search(const History& history, Anomaly& anomaly) : history_(history), anomaly_(anomaly) {
    for (const std::size_t event : anomaly.operations)
      if (const Operation* op = operation_of(history, event)) take(*op);
  }

  /// What is still to be found.
  std::vector<Wanted> wanted() const {
    std::vector<Wanted> out;
    for (const auto& [what, until] : wanted_)
      if (!known_.contains(what)) out.push_back(what);
    return out;
  }
  void offer(const Operation& op, const Wanted& what) {
    const auto by = wanted_.find(what);
    if (by == wanted_.end() || known_.contains(what) || op.invoked > by->second) return;
    const Operation*& best = found_[what];
    if (best == nullptr || op.invoked >= best->invoked) best = &op;
  }
  /// Takes what was offered; what nobody wrote is not asked for again.
  void settle() {
    for (const Wanted& what : wanted()) known_.insert(what);
    for (const auto& [what, op] : std::exchange(found_, {})) {
      if (anomaly_.operations.size() >= kOperationsMax) continue;
      anomaly_.operations.push_back(op->invoke_event);
      take(*op);
    }
    std::ranges::sort(anomaly_.operations);
    auto& operations = anomaly_.operations;
    operations.erase(std::unique(operations.begin(), operations.end()), operations.end());
  }

 private:
  void take(const Operation& op) {
    if (const auto value = written(history_, op)) known_.insert({op.key, value->bits()});
    if (const auto value = seen(history_, op)) {
      Nanos& until = wanted_[{op.key, value->bits()}];
      until = std::max(until, op.completed == kNever ? op.invoked : op.completed);
    }
  }

  const History& history_;
  Anomaly& anomaly_;
  std::map<Wanted, Nanos> wanted_;  // and when it was seen last
  std::set<Wanted> known_;
  std::map<Wanted, const Operation*> found_;
};

}  // namespace

void add_writers(const History& history, std::vector<Anomaly>& anomalies) {
  std::vector<Search> searches;
  searches.reserve(anomalies.size());
  for (Anomaly& anomaly : anomalies)
    if (!anomaly.allowed) searches.emplace_back(history, anomaly);
  for (int round = 0; round < kRoundsMax; ++round) {
    std::map<Wanted, std::vector<Search*>> asked;
    for (Search& search : searches)
      for (const Wanted& what : search.wanted()) asked[what].push_back(&search);
    if (asked.empty()) return;
    for (const Operation& op : history.operations) {
      const auto value = written(history, op);
      const auto who = value ? asked.find({op.key, value->bits()}) : asked.end();
      if (who == asked.end()) continue;
      for (Search* search : who->second) search->offer(op, who->first);
    }
    for (Search& search : searches) search.settle();
  }
}

}  // namespace harness
