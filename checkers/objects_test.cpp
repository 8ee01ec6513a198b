// Every object's checker against brute force on random small histories.
#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <set>

#include "checkers/brute_force_test.h"
#include "checkers/counter.h"
#include "checkers/kv.h"
#include "checkers/multi_register.h"
#include "checkers/mutex.h"
#include "checkers/queue.h"
#include "checkers/random_history_test.h"
#include "checkers/set.h"

using namespace harness;

namespace {

/// Compares a checker with brute force. Object: see random_history(); also lie(Operation&, Prng&), and
/// State first(), bool step(const History&, State, const Operation&, State&) for the referee.
template <typename Object, typename Check>
void compare_with_brute_force(std::size_t usual_rounds, Check check) {
  const std::uint64_t seed = random_seed();
  Prng prng(seed);
  const std::size_t rounds = random_rounds(usual_rounds);
  std::size_t valid = 0;
  for (std::size_t round = 0; round < rounds; ++round) {
    Object object(prng);
    History history = random_history(prng, object, 1 + prng.below(7), 1 + static_cast<int>(prng.below(4)),
                                     prng.chance(0.5) ? 0.25 : 0.0, 0.08);
    tamper(prng, history, [&](Operation& op) { object.lie(op, prng); });
    history.values = object.values;
    if constexpr (requires { object.counts_returned; })
      object.counts_returned =
          std::any_of(history.operations.begin(), history.operations.end(), [](const Operation& op) {
            return op.function == Function::kIncr && op.outcome == Outcome::kOk && op.result != op.argument;
          });
    std::vector<Operation> ops;
    for (const Operation& op : history.operations)
      if (op.outcome != Outcome::kFail) ops.push_back(op);
    const bool expected = brute_force(
        ops, object.first(),
        [&](const auto& state, const Operation& op, auto& next) { return object.step(state, op, next); });
    valid += expected;
    const CheckResult result = check(history);
    if (result.valid == (expected ? Validity::kValid : Validity::kInvalid)) continue;
    for (const Operation& op : history.operations) UNSCOPED_INFO(history.describe(op));
    INFO("seed " << seed << " round " << round << " expected " << expected << ": " << result.explanation);
    FAIL("a verdict differs");
  }
  INFO("seed " << seed << ": " << valid << " of " << rounds << " valid");
  CHECK(valid > rounds / 10);
  CHECK(valid < rounds * 19 / 20);
}

Operation operation(Function function, Value argument = {}) {
  Operation op;
  op.function = function;
  op.argument = argument;
  return op;
}

struct KvObject {
  explicit KvObject(Prng& prng) : puts_(prng.chance(0.5)) {}
  Operation propose(Prng& prng) {
    const Value letter = values.text(std::string(1, static_cast<char>('a' + prng.below(2))));
    switch (prng.below(puts_ ? 3 : 2)) {
      case 0:
        return operation(Function::kGet);
      case 1:
        return operation(Function::kAppend, letter);
      default:
        return operation(Function::kPut, letter);
    }
  }
  void apply(Operation& op) {
    if (op.function == Function::kGet) op.result = values.text(state_);
    if (op.function == Function::kPut) state_ = values.as_text(op.argument);
    if (op.function == Function::kAppend) state_ += values.as_text(op.argument);
  }
  void lie(Operation& op, Prng& prng) {
    static constexpr const char* kTexts[] = {"", "a", "b", "ab", "ba", "aa", "abb"};
    if (op.function == Function::kGet) op.result = values.text(kTexts[prng.below(7)]);
  }
  std::string first() const { return ""; }
  bool step(const std::string& state, const Operation& op, std::string& next) const {
    if (op.function == Function::kGet)
      return op.outcome != Outcome::kOk || values.as_text(op.result) == state;
    next = std::string(values.as_text(op.argument));
    if (op.function == Function::kAppend) next = state + next;
    return true;
  }
  ValueTable values;

 private:
  bool puts_;
  std::string state_;
};

struct MutexObject {
  explicit MutexObject(Prng& prng) : fenced_(prng.chance(0.5)) {}
  Operation propose(Prng& prng) {
    return operation(prng.chance(0.5) ? Function::kAcquire : Function::kRelease);
  }
  void apply(Operation& op) {
    const bool acquire = op.function == Function::kAcquire;
    if (held_ == acquire) {
      op.outcome = Outcome::kFail;
      return;
    }
    held_ = acquire;
    if (acquire && fenced_) op.result = Value::integer(++token_);
  }
  void lie(Operation& op, Prng& prng) {
    if (op.function == Function::kAcquire && fenced_) op.result = Value::integer(prng.between(1, 4));
    if (prng.chance(0.3)) op.outcome = Outcome::kFail;
  }
  using State = std::pair<bool, std::int64_t>;
  State first() const { return {false, -1}; }
  bool step(const State& state, const Operation& op, State& next) const {
    const bool acquire = op.function == Function::kAcquire;
    if (state.first == acquire) return false;
    next.first = acquire;
    if (!acquire || op.outcome != Outcome::kOk || !op.result.is_integer()) return true;
    next.second = op.result.as_integer();
    return next.second > state.second;
  }
  ValueTable values;

 private:
  bool fenced_;
  bool held_ = false;
  std::int64_t token_ = 0;
};

struct SetObject {
  explicit SetObject(Prng& prng) : repeats_(prng.chance(0.3)) {}
  Operation propose(Prng& prng) {
    if (prng.chance(0.5)) return operation(Function::kRead);
    return operation(Function::kAdd, Value::integer(repeats_ ? prng.between(1, 3) : ++next_));
  }
  void apply(Operation& op) {
    if (op.function == Function::kAdd) state_.insert(op.argument.as_integer());
    op.result = op.function == Function::kRead ? list(state_) : op.argument;
  }
  void lie(Operation& op, Prng& prng) {
    if (op.function != Function::kRead) return;
    std::set<std::int64_t> some;
    for (const Value value : values.as_list(op.result)) some.insert(value.as_integer());
    const std::int64_t element = prng.between(1, std::max<std::int64_t>(next_, 3));
    if (!some.erase(element)) some.insert(element);
    op.result = list(some);
  }
  using State = std::set<std::int64_t>;
  State first() const { return {}; }
  bool step(const State& state, const Operation& op, State& next) const {
    if (op.function == Function::kAdd) {
      next.insert(op.argument.as_integer());
      return true;
    }
    if (op.outcome != Outcome::kOk) return true;
    State seen;
    for (const Value value : values.as_list(op.result)) seen.insert(value.as_integer());
    return seen == state;
  }
  ValueTable values;

 private:
  Value list(const State& state) {
    std::vector<Value> elements;
    for (const std::int64_t element : state) elements.push_back(Value::integer(element));
    return values.list(elements);
  }
  bool repeats_;
  State state_;
  std::int64_t next_ = 0;
};

struct QueueObject {
  explicit QueueObject(Prng& prng) : repeats_(prng.chance(0.2)) {}
  Operation propose(Prng& prng) {
    if (prng.chance(0.5)) return operation(Function::kDequeue);
    return operation(Function::kEnqueue, Value::integer(repeats_ ? prng.between(1, 2) : ++next_));
  }
  void apply(Operation& op) {
    if (op.function == Function::kEnqueue) {
      state_.push_back(op.argument.as_integer());
      op.result = op.argument;
    } else if (!state_.empty()) {
      op.result = Value::integer(state_.front());
      state_.pop_front();
    }
  }
  void lie(Operation& op, Prng& prng) {
    if (op.function != Function::kDequeue) return;
    const std::int64_t element = prng.between(0, std::max<std::int64_t>(next_, 2));
    op.result = element == 0 ? Value{} : Value::integer(element);
  }
  using State = std::deque<std::int64_t>;
  State first() const { return {}; }
  bool step(const State& state, const Operation& op, State& next) const {
    if (op.function == Function::kEnqueue) {
      next.push_back(op.argument.as_integer());
      return true;
    }
    if (op.outcome == Outcome::kInfo) {
      if (!next.empty()) next.pop_front();
      return true;
    }
    if (op.result.is_nil()) return state.empty();
    if (state.empty() || state.front() != op.result.as_integer()) return false;
    next.pop_front();
    return true;
  }
  ValueTable values;

 private:
  bool repeats_;
  State state_;
  std::int64_t next_ = 0;
};

struct CounterObject {
  explicit CounterObject(Prng& prng)
      : returns_(prng.chance(0.5)), alike_(prng.chance(0.6)), down_(prng.chance(0.2)) {}
  Operation propose(Prng& prng) {
    if (prng.chance(0.4)) return operation(Function::kRead);
    return operation(Function::kIncr, Value::integer(alike_ ? 2 : prng.between(down_ ? -1 : 1, 3)));
  }
  void apply(Operation& op) {
    if (op.function == Function::kIncr) {
      state_ += op.argument.as_integer();
      op.result = returns_ ? Value::integer(state_) : op.argument;
    } else {
      op.result = Value::integer(state_);
    }
  }
  void lie(Operation& op, Prng& prng) {
    if (op.function == Function::kRead || returns_)
      op.result = Value::integer(op.result.as_integer() + prng.between(-2, 2));
  }
  std::int64_t first() const { return 0; }
  bool step(std::int64_t state, const Operation& op, std::int64_t& next) const {
    if (op.function == Function::kRead) return op.outcome != Outcome::kOk || op.result.as_integer() == state;
    next += op.argument.as_integer();
    return op.outcome != Outcome::kOk || !counts_returned || op.result.as_integer() == next;
  }
  ValueTable values;
  bool counts_returned = false;  // as the checker tells it from the history

 private:
  bool returns_, alike_, down_;
  std::int64_t state_ = 0;
};

struct MultiRegisterObject {
  explicit MultiRegisterObject(Prng& prng) : registers_(1 + prng.below(3)) {}
  Operation propose(Prng& prng) {
    std::vector<Value> micros;
    for (std::uint64_t i = 1 + prng.below(2); i > 0; --i) {
      const bool write = prng.chance(0.5);
      const Value parts[] = {values.text(write ? "w" : "r"),
                             Value::integer(static_cast<std::int64_t>(prng.below(registers_))),
                             write ? Value::integer(prng.between(1, 3)) : Value{}};
      micros.push_back(values.list(parts));
    }
    return operation(Function::kTxn, values.list(micros));
  }
  void apply(Operation& op) {
    std::vector<Value> micros;
    for (const Value micro : values.as_list(op.argument)) {
      const auto parts = values.as_list(micro);
      Value out[] = {parts[0], parts[1], parts[2]};
      Value& place = state_[static_cast<std::size_t>(parts[1].as_integer())];
      if (values.as_text(parts[0]) == "w") {
        place = parts[2];
      } else {
        out[2] = place;
      }
      micros.push_back(values.list(out));
    }
    op.result = values.list(micros);
  }
  void lie(Operation& op, Prng& prng) {
    std::vector<Value> micros;
    for (const Value micro : values.as_list(op.result)) {
      const auto parts = values.as_list(micro);
      Value out[] = {parts[0], parts[1], parts[2]};
      if (values.as_text(parts[0]) == "r" && prng.chance(0.5)) {
        const std::int64_t value = prng.between(0, 3);
        out[2] = value == 0 ? Value{} : Value::integer(value);
      }
      micros.push_back(values.list(out));
    }
    op.result = values.list(micros);
  }
  using State = std::array<Value, 3>;
  State first() const { return {}; }
  bool step(const State& state, const Operation& op, State& next) const {
    const bool ok = op.outcome == Outcome::kOk;
    next = state;
    for (const Value micro : values.as_list(ok ? op.result : op.argument)) {
      const auto parts = values.as_list(micro);
      Value& place = next[static_cast<std::size_t>(parts[1].as_integer())];
      if (values.as_text(parts[0]) == "w") {
        place = parts[2];
      } else if (ok && place != parts[2]) {
        return false;
      }
    }
    return true;
  }
  ValueTable values;

 private:
  std::size_t registers_;
  State state_;
};

}  // namespace

TEST_CASE("kv agrees with brute force") {
  compare_with_brute_force<KvObject>(60'000, [](const History& h) { return check_kv(h, {}); });
}
TEST_CASE("mutex agrees with brute force") {
  compare_with_brute_force<MutexObject>(60'000, [](const History& h) { return check_mutex(h, {}); });
}
TEST_CASE("set agrees with brute force") {
  compare_with_brute_force<SetObject>(100'000, [](const History& h) { return check_set(h, {}); });
}
TEST_CASE("queue agrees with brute force") {
  compare_with_brute_force<QueueObject>(150'000, [](const History& h) { return check_queue(h, {}); });
}
TEST_CASE("counter agrees with brute force") {
  compare_with_brute_force<CounterObject>(150'000, [](const History& h) { return check_counter(h, {}); });
}
TEST_CASE("multi-register agrees with brute force") {
  compare_with_brute_force<MultiRegisterObject>(60'000,
                                                [](const History& h) { return check_multi_register(h, {}); });
}
