#include "checkers/models/streaming.h"

#include <algorithm>
#include <unordered_set>

namespace harness {
namespace {

bool is_write(const Operation& op) {
  return op.function == Function::kWrite || op.function == Function::kPut;
}
bool is_read(const Operation& op) {
  return op.function == Function::kRead || op.function == Function::kGet;
}
StreamedViolation violation(const char* type, const Operation& op, std::string explanation) {
  return {type, op, std::move(explanation)};
}

}  // namespace

// --- registers ---

StreamingRegister::Key& StreamingRegister::key_of(const Operation& op) {
  const auto [at, fresh] = keys_.try_emplace(op.key);
  if (fresh) {
    // The first value: written, and seen, before all time.
    at->second.by_value[initial_.bits()] = 0;
    at->second.clusters.push_back({-1, -1, -1, false, 0});
    at->second.returns.push_back(-1);
    at->second.tree.resize(2);
  }
  return at->second;
}

void StreamingRegister::invoked(const Operation& op) {
  Key& key = key_of(op);
  if (!is_write(op)) {
    key.watched &= is_read(op);
    return;
  }
  const auto number = static_cast<std::uint32_t>(key.clusters.size());
  if (!key.by_value.try_emplace(op.argument.bits(), number).second) {
    key.watched = false;
    return;
  }
  key.clusters.push_back({kNever, -1, op.invoked, false, 0xffffffff});
}

void StreamingRegister::offer(Best& best, Nanos s, std::uint32_t cluster) {
  if (cluster == best.cluster) {
    best.s = std::max(best.s, s);
  } else if (s > best.s) {
    best = {s, cluster, best.s};
  } else {
    best.second = std::max(best.second, s);
  }
}

void StreamingRegister::raise(Key& key, std::uint32_t rank, Nanos s, std::uint32_t cluster) {
  for (std::size_t i = rank + 1; i < key.tree.size(); i += i & (~i + 1)) offer(key.tree[i], s, cluster);
}

StreamingRegister::Best StreamingRegister::before(const Key& key, Nanos time) {
  const auto at = std::lower_bound(key.returns.begin(), key.returns.end(), time);
  Best best;
  for (auto i = static_cast<std::size_t>(at - key.returns.begin()); i > 0; i -= i & (~i + 1)) {
    const Best& part = key.tree[i];
    if (part.cluster == 0xffffffff) continue;
    offer(best, part.s, part.cluster);
    if (part.second >= 0) best.second = std::max(best.second, part.second);
  }
  return best;
}

std::optional<StreamedViolation> StreamingRegister::touch(Key& key, std::uint32_t number,
                                                          const Operation& op) {
  Cluster& cluster = key.clusters[number];
  if (cluster.rank == 0xffffffff) {
    cluster.rank = static_cast<std::uint32_t>(key.returns.size());
    cluster.first_return = op.completed;
    key.returns.push_back(op.completed);
    // A Fenwick tree grows by one: its last node covers the ranks behind the lowest set bit of its number.
    const std::size_t node = key.returns.size();
    if (key.tree.size() <= node) key.tree.resize(node + 1);
    const std::size_t reach = node & (~node + 1);
    for (std::size_t step = 1; step < reach; step *= 2) {
      const Best part = key.tree[node - step];
      if (part.cluster == 0xffffffff) continue;
      offer(key.tree[node], part.s, part.cluster);
      key.tree[node].second = std::max(key.tree[node].second, part.second);
    }
  }
  // Whatever was seen was written: the invocation of the write counts, even of one that never returns.
  const Nanos invoked = std::max(op.invoked, cluster.write_invoked);
  if (invoked > cluster.last_invoke) {
    cluster.last_invoke = invoked;
    raise(key, cluster.rank, invoked, number);
  }
  // Is there a cluster B with F_B < S_A and F_A < S_B?
  const Best best = before(key, cluster.last_invoke);
  const Nanos other = best.cluster == number ? best.second : best.s;
  if (other <= cluster.first_return) return std::nullopt;
  return violation(
      "contradictory-order", op,
      "its value and another must each have come before the other: each was seen before an operation "
      "on the other was invoked");
}

std::optional<StreamedViolation> StreamingRegister::completed(const Operation& op) {
  Key& key = key_of(op);
  if (!key.watched || op.outcome == Outcome::kInfo) return std::nullopt;
  const Value value = is_write(op) ? op.argument : op.result;
  const auto known = key.by_value.find(value.bits());
  if (is_write(op) && op.outcome == Outcome::kFail) {
    Cluster& cluster = key.clusters[known->second];
    cluster.failed = true;
    if (cluster.rank == 0xffffffff) return std::nullopt;
    return violation("failed-write-read", op, "it failed, but its value had been read");
  }
  if (op.outcome == Outcome::kFail) return std::nullopt;
  if (known == key.by_value.end())
    return violation("unwritten-read", op, "nobody had even invoked a write of its value");
  if (key.clusters[known->second].failed)
    return violation("failed-write-read", op, "the write of its value had failed");
  return touch(key, known->second, op);
}

// --- counters ---

void StreamingCounter::invoked(const Operation& op) {
  Key& key = keys_[op.key];
  if (op.function == Function::kIncr && op.argument.is_integer()) key.possible += op.argument.as_integer();
}

std::optional<StreamedViolation> StreamingCounter::completed(const Operation& op) {
  if (op.outcome != Outcome::kOk || !op.result.is_integer()) return std::nullopt;
  Key& key = keys_[op.key];
  const std::int64_t count = op.result.as_integer();
  const bool increment = op.function == Function::kIncr;
  if (count > initial_ + key.possible)
    return violation("unreachable-count", op, "all increments invoked so far do not reach that count");
  // The highest count returned before this operation was invoked: an increment must pass it, a read reach it.
  const auto at = std::partition_point(key.highest.begin(), key.highest.end(),
                                       [&](const auto& entry) { return entry.first < op.invoked; });
  if (at != key.highest.begin() && count < (at - 1)->second + (increment ? 1 : 0))
    return violation(
        "contradictory-order", op,
        "the count " + std::to_string((at - 1)->second) + " had been returned before it was invoked");
  if (increment && !key.owner.try_emplace(count, op.process).second)
    return violation("duplicate-count", op,
                     "process " + std::to_string(key.owner[count]) + "'s increment returned the same count");
  if (key.highest.empty() || count > key.highest.back().second) key.highest.emplace_back(op.completed, count);
  return std::nullopt;
}

// --- sets ---

void StreamingSet::invoked(const Operation& op) {
  if (op.function == Function::kAdd) keys_[op.key].known.try_emplace(op.argument.bits(), kNever);
}

std::optional<StreamedViolation> StreamingSet::completed(const Operation& op) {
  if (op.outcome != Outcome::kOk) return std::nullopt;
  Key& key = keys_[op.key];
  const auto certain = [&](std::uint64_t element, Nanos& since) {
    if (since != kNever) return;
    since = op.completed;
    key.order.emplace_back(op.completed, element);
  };
  if (op.function == Function::kAdd) {
    certain(op.argument.bits(), key.known[op.argument.bits()]);
    return std::nullopt;
  }
  if (op.result.kind() != Value::Kind::kList) return std::nullopt;
  std::unordered_set<std::uint64_t> seen;
  for (const Value element : values_.as_list(op.result)) {
    const auto known = key.known.find(element.bits());
    if (known == key.known.end())
      return violation("phantom-element", op,
                       "it has " + values_.to_json(element) + ", which nobody had added");
    seen.insert(element.bits());
  }
  for (const auto& [since, element] : key.order) {
    if (since >= op.invoked) break;
    if (!seen.contains(element))
      return violation("lost-element", op,
                       "it lacks " + values_.to_json(Value::from_bits(element)) +
                           ", which was there before it was invoked");
  }
  for (const std::uint64_t element : seen) certain(element, key.known[element]);
  return std::nullopt;
}

}  // namespace harness
