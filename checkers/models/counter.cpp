#include "checkers/models/counter.h"

#include <algorithm>
#include <compare>
#include <map>
#include <queue>

#include "checkers/common/ordered_groups.h"
#include "checkers/common/patience.h"
#include "checkers/search/cross_check.h"
#include "checkers/search/spec_search.h"

namespace harness {
namespace {

struct Increment {
  std::uint32_t operation;
  Nanos invoked;
  Nanos deadline;  // kNever: indeterminate
  std::int64_t amount;
  std::int64_t after;  // the count it returned; unused when echoed or indeterminate
};
struct CountRead {
  std::uint32_t operation;
  Nanos invoked;
  Nanos deadline;
  std::int64_t count;
};

/// One key.
struct CounterKey {
  std::vector<Increment> increments;  // that happened or may have
  std::vector<CountRead> reads;
};

class CounterSpec {
 public:
  struct Effect {
    enum class Kind : std::uint8_t { kRead, kAdd, kAddReturns } kind;
    std::int64_t amount;
    std::int64_t count;
    auto operator<=>(const Effect&) const = default;
  };
  using State = std::int64_t;

  explicit CounterSpec(std::int64_t initial) : initial_(initial) {}
  State initial() const { return initial_; }
  bool apply(State& state, const Effect& effect) const {
    if (effect.kind == Effect::Kind::kRead) return state == effect.count;
    state += effect.amount;
    return effect.kind == Effect::Kind::kAdd || state == effect.count;
  }
  bool pure(const Effect& effect) const { return effect.kind == Effect::Kind::kRead; }
  std::size_t hash(const State& state) const { return std::hash<std::int64_t>{}(state); }
  std::size_t bytes(const State&) const { return sizeof(State); }
  void placed(const Effect&, int) {}
  template <typename Each>
  bool viable(const State&, const Each&) const {
    return true;
  }
  std::string words(const History&, const State& state) const { return "the count " + std::to_string(state); }

 private:
  std::int64_t initial_;
};

bool is_increment(const Operation& op) {
  return op.function == Function::kIncr || op.function == Function::kAdd;
}

class CounterChecker {
 public:
  CounterChecker(const History& history, const ModelOptions& options, Findings& findings)
      : history_(history),
        options_(options),
        findings_(findings),
        patience_(options.budget, findings),
        cross_check_(history, options) {
    if (!options.initial.empty()) {
      const Value first = initial_value(history, options.initial);
      if (!first.is_integer())
        throw UsageError("--initial of a counter is an integer, not " + options.initial);
      initial_ = first.as_integer();
    }
    returns_counts_ =
        options.increments_return_counts ||
        std::any_of(history.operations.begin(), history.operations.end(), [](const Operation& op) {
          return is_increment(op) && op.outcome == Outcome::kOk && op.result.is_integer() &&
                 op.result != op.argument;
        });
  }

  bool returns_counts() const { return returns_counts_; }
  std::uint64_t steps() const { return steps_; }

  void judge(std::span<const std::uint32_t> group) {
    const CounterKey key = gather(group);
    if (patience_.ended()) return;
    const std::size_t before = findings_.violations();
    if (!(returns_counts_ ? counts_fix_the_order(key) : all_alike(key)))
      return judge_by_search_or_bounds(key);
    returns_counts_ ? judge_by_counts(key) : judge_by_gaps(key);
    if (cross_check_.wanted())
      cross_check_.compare<CounterSpec>(CounterSpec(initial_), spec_operations(key),
                                        findings_.violations() > before);
  }
  void note_cross_check() { cross_check_.note(findings_); }

 private:
  const Operation& op(std::uint32_t i) const { return history_.operations[i]; }

  std::int64_t integer(const Operation& o, Value value, const char* what) const {
    if (value.is_integer()) return value.as_integer();
    throw OperationRefused(o.invoke_event,
                           std::string(what) + " is an integer, not " + history_.values.to_json(value));
  }

  CounterKey gather(std::span<const std::uint32_t> group) {
    CounterKey key;
    key.increments.reserve(group.size());
    for (const std::uint32_t i : group) {
      if (patience_.ended()) break;
      const Operation& o = op(i);
      if (is_increment(o)) {
        if (o.outcome == Outcome::kFail) continue;
        const std::int64_t amount = integer(o, o.argument, "an amount");
        std::int64_t after = 0;
        if (returns_counts_ && o.outcome == Outcome::kOk) after = integer(o, o.result, "an incr's new count");
        key.increments.push_back({i, o.invoked, o.deadline(), amount, after});
      } else if (o.function == Function::kRead || o.function == Function::kGet) {
        if (o.outcome != Outcome::kOk) continue;
        if (o.result.is_nil() && options_.null_read_unconstrained) continue;
        const std::int64_t count = o.result.is_nil() ? initial_ : integer(o, o.result, "a count");
        key.reads.push_back({i, o.invoked, o.deadline(), count});
      } else {
        throw OperationRefused(
            o.invoke_event, "a counter has incr and read, not '" + std::string(to_string(o.function)) + "'");
      }
    }
    return key;
  }

  static bool counts_fix_the_order(const CounterKey& key) {
    std::int64_t spare = 0;
    for (const Increment& inc : key.increments) {
      if (inc.amount <= 0) return false;
      if (inc.deadline != kNever) continue;
      if (spare != 0 && spare != inc.amount) return false;
      spare = inc.amount;
    }
    return true;
  }
  static bool all_alike(const CounterKey& key) {
    return std::all_of(key.increments.begin(), key.increments.end(), [&](const Increment& inc) {
      return inc.amount == key.increments.front().amount && inc.amount > 0;
    });
  }

  // --- INCR that returns the new count ---

  /// Events of one count: at most one acknowledged increment makes it, any number of reads see it.
  void judge_by_counts(const CounterKey& key) {
    std::vector<Increment> made;
    std::vector<Increment> spare;  // in order of invocation, as gathered
    made.reserve(key.increments.size());
    for (const Increment& inc : key.increments) (inc.deadline == kNever ? spare : made).push_back(inc);
    const auto by_count = [](const Increment& a, const Increment& b) { return a.after < b.after; };
    if (!std::is_sorted(made.begin(), made.end(), by_count))
      std::stable_sort(made.begin(), made.end(), by_count);
    std::vector<CountRead> reads = key.reads;
    std::stable_sort(reads.begin(), reads.end(),
                     [](const CountRead& a, const CountRead& b) { return a.count < b.count; });
    OrderedGroups groups;
    std::int64_t count = initial_;
    std::size_t next_spare = 0;
    auto read = reads.begin();
    const auto see_reads = [&] {
      for (; read != reads.end() && read->count == count; ++read) place(groups, *read);
      groups.end_group();
    };
    for (; read != reads.end() && read->count < initial_; ++read)
      report_unreachable(read->operation, read->count);
    see_reads();
    // Goes up to `target` by indeterminate increments; says whether it could.
    const auto climb = [&](std::int64_t target, std::uint32_t because) {
      while (count < target) {
        if (next_spare == spare.size() || count + spare[next_spare].amount > target) {
          report_unreachable(because, target);
          return false;
        }
        const Increment& filler = spare[next_spare++];
        count += filler.amount;
        groups.add(filler.operation, filler.invoked, kNever, [](std::uint32_t) {});
        groups.end_group();
        if (read != reads.end() && read->count < count) {
          report_unreachable(read->operation, read->count);
          while (read != reads.end() && read->count < count) ++read;
        }
        see_reads();
      }
      return true;
    };
    std::uint32_t last_made = 0xffffffff;
    for (const Increment& inc : made) {
      if (patience_.ended()) return;
      const std::int64_t before = inc.after - inc.amount;
      if (before < count) {
        report_overlap(inc.operation, last_made, inc.after);
        continue;
      }
      while (read != reads.end() && read->count <= before && climb(read->count, read->operation)) {
      }
      if (!climb(before, inc.operation)) count = before;
      groups.add(inc.operation, inc.invoked, inc.deadline,
                 [&](std::uint32_t earlier) { report_order(earlier, inc.operation); });
      groups.end_group();
      count = inc.after;
      last_made = inc.operation;
      for (; read != reads.end() && read->count < count; ++read)
        report_unreachable(read->operation, read->count);
      see_reads();
    }
    while (read != reads.end()) {
      const std::int64_t target = read->count;
      if (climb(target, read->operation)) continue;
      while (read != reads.end() && read->count == target) ++read;
    }
  }

  void place(OrderedGroups& groups, const CountRead& read) {
    groups.add(read.operation, read.invoked, read.deadline,
               [&](std::uint32_t earlier) { report_order(earlier, read.operation); });
  }

  void report_unreachable(std::uint32_t operation, std::int64_t count) {
    if (!findings_.wants_more()) return findings_.count();
    findings_.add("unreachable-count", std::span(&operation, 1),
                  words(history_, operation) + of_key(history_, op(operation).key) + " needs the count " +
                      std::to_string(count) + ", which no order of the increments reaches there.");
  }
  void report_overlap(std::uint32_t operation, std::uint32_t other, std::int64_t count) {
    if (!findings_.wants_more()) return findings_.count();
    std::vector<std::uint32_t> involved = {operation};
    if (other != 0xffffffff) involved.push_back(other);
    std::string text = words(history_, operation) + of_key(history_, op(operation).key) + " went to " +
                       std::to_string(count);
    text += other == 0xffffffff ? ", below the first count."
                                : " over counts that " + words(history_, other) + " had taken already.";
    findings_.add("duplicate-count", involved, text);
  }
  void report_order(std::uint32_t earlier, std::uint32_t later) {
    if (!findings_.wants_more()) return findings_.count();
    const std::uint32_t involved[] = {earlier, later};
    findings_.add("contradictory-order", involved,
                  words(history_, later) + of_key(history_, op(later).key) +
                      " has the higher count but returned before " + words(history_, earlier) +
                      " was invoked.");
  }

  // --- increments that only echo their amount, all alike ---

  /// Between two successive counts read there stand exactly so many increments as they differ by. An
  /// increment may stand in gap k iff no read before the gap was invoked after it returned, and no read
  /// behind it returned before it was invoked; these ranges are matched to the gaps, the most urgent first.
  void judge_by_gaps(const CounterKey& key) {
    const std::int64_t amount = key.increments.empty() ? 1 : key.increments.front().amount;
    std::vector<CountRead> reads = key.reads;
    std::stable_sort(reads.begin(), reads.end(), [](const CountRead& a, const CountRead& b) {
      return a.count != b.count ? a.count < b.count : a.invoked < b.invoked;
    });
    const std::size_t before = findings_.violations();
    OrderedGroups groups;
    for (std::size_t i = 0; i < reads.size(); ++i) {
      if (reads[i].count < initial_ || (reads[i].count - initial_) % amount != 0)
        report_unreachable(reads[i].operation, reads[i].count);
      place(groups, reads[i]);
      if (i + 1 < reads.size() && reads[i + 1].count != reads[i].count) groups.end_group();
    }
    if (findings_.violations() > before) return;
    match_gaps(key, reads, amount);
  }

  void match_gaps(const CounterKey& key, const std::vector<CountRead>& reads, std::int64_t amount) {
    // Gap k stands before the k-th distinct count; the last one, behind all reads, takes any number.
    std::vector<std::int64_t> room;
    std::vector<Nanos> latest_invoked = {-1};  // of all reads before gap k
    std::vector<Nanos> first_return;           // of all reads behind gap k
    std::vector<std::uint32_t> reader;         // a read right behind gap k
    std::int64_t count = initial_;
    for (std::size_t i = 0; i < reads.size(); ++i) {
      if (i == 0 || reads[i].count != reads[i - 1].count) {
        room.push_back((reads[i].count - count) / amount);
        reader.push_back(reads[i].operation);
        first_return.push_back(kNever);
        latest_invoked.push_back(latest_invoked.back());
        count = reads[i].count;
      }
      latest_invoked.back() = std::max(latest_invoked.back(), reads[i].invoked);
      first_return.back() = std::min(first_return.back(), reads[i].deadline);
    }
    for (std::size_t k = first_return.size(); k-- > 1;)
      first_return[k - 1] = std::min(first_return[k - 1], first_return[k]);
    const std::size_t gaps = room.size();
    const auto last_gap = [&](const Increment& inc) {
      const auto at = std::upper_bound(latest_invoked.begin(), latest_invoked.end(), inc.deadline);
      return static_cast<std::size_t>(at - latest_invoked.begin()) - 1;
    };
    std::vector<const Increment*> by_invocation;
    for (const Increment& inc : key.increments) by_invocation.push_back(&inc);
    using Waiting = std::pair<std::size_t, const Increment*>;
    const auto later = [](const Waiting& a, const Waiting& b) { return a.first > b.first; };
    std::priority_queue<Waiting, std::vector<Waiting>, decltype(later)> waiting(later);
    std::size_t next = 0;
    for (std::size_t k = 0; k < gaps; ++k) {
      for (; next < by_invocation.size() && by_invocation[next]->invoked <= first_return[k]; ++next)
        waiting.emplace(by_invocation[next]->deadline == kNever ? gaps : last_gap(*by_invocation[next]),
                        by_invocation[next]);
      for (std::int64_t i = 0; i < room[k]; ++i) {
        if (!waiting.empty() && waiting.top().first < k) break;  // invoked too late for its gaps
        if (waiting.empty()) {
          report_bound("count-too-high", reader[k], "fewer increments had been invoked by then");
          return;
        }
        waiting.pop();
      }
      if (!waiting.empty() && waiting.top().first <= k) {
        report_lost_increment(waiting.top().second->operation, reader[k]);
        return;
      }
    }
    // Invoked too late for every gap that it would have to stand in.
    for (; next < by_invocation.size(); ++next)
      if (by_invocation[next]->deadline != kNever && last_gap(*by_invocation[next]) < gaps) {
        report_lost_increment(by_invocation[next]->operation, reader.back());
        return;
      }
  }

  void report_bound(const char* type, std::uint32_t read, const std::string& why) {
    if (!findings_.wants_more()) return findings_.count();
    findings_.add(type, std::span(&read, 1),
                  words(history_, read) + of_key(history_, op(read).key) + ": " + why + ".");
  }
  void report_lost_increment(std::uint32_t increment, std::uint32_t read) {
    if (!findings_.wants_more()) return findings_.count();
    const std::uint32_t involved[] = {increment, read};
    findings_.add("count-too-low", involved,
                  words(history_, read) + of_key(history_, op(read).key) + " leaves no room for " +
                      words(history_, increment) +
                      ": more increments had been acknowledged than the counts read "
                      "by then allow.");
  }

  // --- anything else ---

  std::vector<SpecOp<CounterSpec>> spec_operations(const CounterKey& key) const {
    std::vector<SpecOp<CounterSpec>> ops;
    using Kind = CounterSpec::Effect::Kind;
    for (const Increment& inc : key.increments) {
      const CounterSpec::Effect add{Kind::kAdd, inc.amount, 0};
      const bool known = returns_counts_ && inc.deadline != kNever;
      ops.push_back(
          {inc.operation, known ? CounterSpec::Effect{Kind::kAddReturns, inc.amount, inc.after} : add, add});
    }
    for (const CountRead& read : key.reads) {
      const CounterSpec::Effect see{Kind::kRead, 0, read.count};
      ops.push_back({read.operation, see, see});
    }
    std::sort(ops.begin(), ops.end(), [](const auto& a, const auto& b) { return a.operation < b.operation; });
    return ops;
  }

  void judge_by_search_or_bounds(const CounterKey& key) {
    Budget budget = options_.budget;
    if (budget.steps == 0) budget.steps = 20'000'000;
    const std::size_t before = findings_.violations();
    if (check_bounds(key) == before)
      steps_ += judge_by_search<CounterSpec>(CounterSpec(initial_), history_, spec_operations(key), budget,
                                             findings_);
  }

  /// Each read lies between what had surely and what could have been added when it returned (Jepsen's counter
  /// checker). Necessary, not sufficient. Returns the violations found so far.
  std::size_t check_bounds(const CounterKey& key) {
    if (returns_counts_) return findings_.violations();
    struct Change {
      Nanos time;
      std::int64_t low, high;
    };
    std::vector<Change> invokes, returns;
    for (const Increment& inc : key.increments) {
      invokes.push_back(
          {inc.invoked, std::min<std::int64_t>(inc.amount, 0), std::max<std::int64_t>(inc.amount, 0)});
      if (inc.deadline != kNever)
        returns.push_back(
            {inc.deadline, std::max<std::int64_t>(inc.amount, 0), std::min<std::int64_t>(inc.amount, 0)});
    }
    const auto by_time = [](const Change& a, const Change& b) { return a.time < b.time; };
    std::sort(returns.begin(), returns.end(), by_time);
    const auto accumulate = [](std::vector<Change>& changes) {
      for (std::size_t i = 1; i < changes.size(); ++i) {
        changes[i].low += changes[i - 1].low;
        changes[i].high += changes[i - 1].high;
      }
    };
    accumulate(invokes);
    accumulate(returns);
    for (const CountRead& read : key.reads) {
      // Surely before it: returned before its invocation. Possibly before it: invoked by its return.
      const auto sure = std::partition_point(returns.begin(), returns.end(),
                                             [&](const Change& c) { return c.time < read.invoked; });
      const auto possible = std::partition_point(invokes.begin(), invokes.end(),
                                                 [&](const Change& c) { return c.time <= read.deadline; });
      std::int64_t low = initial_, high = initial_;
      if (sure != returns.begin()) low += (sure - 1)->low, high += (sure - 1)->high;
      if (possible != invokes.begin()) low += (possible - 1)->low, high += (possible - 1)->high;
      if (read.count < low || read.count > high)
        report_bound("count-out-of-bounds", read.operation,
                     "the count lay between " + std::to_string(low) + " and " + std::to_string(high));
    }
    return findings_.violations();
  }

  const History& history_;
  const ModelOptions& options_;
  Findings& findings_;
  Patience patience_;
  CrossCheck cross_check_;
  std::int64_t initial_ = 0;
  bool returns_counts_ = false;
  std::uint64_t steps_ = 0;
};

}  // namespace

CheckResult check_counter(const History& history, const ModelOptions& options) {
  Findings findings("counter", history);
  CounterChecker checker(history, options, findings);
  const ByKey by_key = split_by_key(history);
  for (std::size_t slot = 0; slot < by_key.size(); ++slot) {
    if (out_of_time(options.budget, slot, by_key.size(), findings)) break;
    checker.judge(by_key.group(slot));
  }
  checker.note_cross_check();
  if (checker.steps() > 0) findings.measure("search_steps", static_cast<double>(checker.steps()));
  findings.note(checker.returns_counts() ? "Increments returned the new count."
                                         : "Increments echoed their amount or returned nothing.");
  return findings.finish("Linearizable.");
}

}  // namespace harness
