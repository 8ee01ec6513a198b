// The models under test, each as two things: an object that answers as a correct one would (and can be asked
// for a lie), and the definition of what is allowed, written down a second time, as plainly as possible, for
// brute force (brute_force_test.h). Nothing here is shared with the checkers.
//
// A subject has: propose(), apply() (random_history_test.h); lie(operation); first() and step(), the
// definition; optionally counts(operation): whether the definition looks at it at all (default: unless it
// failed), and look_at(history), for what a model reads off the whole history.
#pragma once

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "checkers/common/brute_force_test.h"
#include "checkers/common/random_history_test.h"
#include "checkers/models.h"

namespace harness {

inline Operation operation(Function function, Value argument = {}) {
  Operation op;
  op.function = function;
  op.argument = argument;
  return op;
}

struct KvSubject {
  static constexpr std::string_view kModel = "kv";
  explicit KvSubject(Prng& prng) : puts_(prng.chance(0.5)), repeats_(prng.chance(0.5)) {}
  Operation propose(Prng& prng) {
    // Texts that repeat need the search; others show the order of the appends.
    const char next = static_cast<char>(repeats_ ? 'a' + prng.below(2) : 'a' + offered_++ % 26);
    const Value letter = values.text(std::string(1, next));
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
    static constexpr const char* kTexts[] = {"",    "a",  "b",  "ab",  "ba", "aa",
                                             "abb", "ac", "bc", "abc", "c",  "acd"};
    if (op.function == Function::kGet) op.result = values.text(kTexts[prng.below(12)]);
  }
  std::string first() const { return ""; }
  bool step(const ValueTable& table, const std::string& state, const Operation& op, std::string& next) const {
    if (op.function == Function::kGet) return op.outcome != Outcome::kOk || table.as_text(op.result) == state;
    next = std::string(table.as_text(op.argument));
    if (op.function == Function::kAppend) next = state + next;
    return true;
  }
  ValueTable values;

 private:
  bool puts_;
  bool repeats_;
  std::uint64_t offered_ = 0;
  std::string state_;
};

struct MutexSubject {
  static constexpr std::string_view kModel = "mutex";
  explicit MutexSubject(Prng& prng) : fenced_(prng.chance(0.5)) {}
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
  bool step(const ValueTable&, const State& state, const Operation& op, State& next) const {
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

struct SetSubject {
  static constexpr std::string_view kModel = "set";
  explicit SetSubject(Prng& prng) : repeats_(prng.chance(0.3)) {}
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
  bool step(const ValueTable& table, const State& state, const Operation& op, State& next) const {
    if (op.function == Function::kAdd) {
      next.insert(op.argument.as_integer());
      return true;
    }
    if (op.outcome != Outcome::kOk) return true;
    const auto elements = table.as_list(op.result);
    State seen;
    for (const Value value : elements) seen.insert(value.as_integer());
    return seen == state && seen.size() == elements.size();
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

struct QueueSubject {
  static constexpr std::string_view kModel = "queue";
  explicit QueueSubject(Prng& prng) : repeats_(prng.chance(0.2)) {}
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
  bool step(const ValueTable&, const State& state, const Operation& op, State& next) const {
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

struct CounterSubject {
  static constexpr std::string_view kModel = "counter";
  explicit CounterSubject(Prng& prng)
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
  bool step(const ValueTable&, std::int64_t state, const Operation& op, std::int64_t& next) const {
    if (op.function == Function::kRead) return op.outcome != Outcome::kOk || op.result.as_integer() == state;
    next += op.argument.as_integer();
    return op.outcome != Outcome::kOk || !counts_returned_ || op.result.as_integer() == next;
  }
  void look_at(const History& history) {
    counts_returned_ =
        std::any_of(history.operations.begin(), history.operations.end(), [](const Operation& op) {
          return op.function == Function::kIncr && op.outcome == Outcome::kOk && op.result != op.argument;
        });
  }
  ValueTable values;

 private:
  bool counts_returned_ = false;  // some increment returned another number than its amount
  bool returns_, alike_, down_;
  std::int64_t state_ = 0;
};

struct MultiRegisterSubject {
  static constexpr std::string_view kModel = "multi-register";
  explicit MultiRegisterSubject(Prng& prng) : registers_(1 + prng.below(3)) {}
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
  bool step(const ValueTable& table, const State& state, const Operation& op, State& next) const {
    const bool ok = op.outcome == Outcome::kOk;
    next = state;
    for (const Value micro : table.as_list(ok ? op.result : op.argument)) {
      const auto parts = table.as_list(micro);
      Value& place = next[static_cast<std::size_t>(parts[1].as_integer())];
      if (table.as_text(parts[0]) == "w") {
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

/// A register in all its variants: few or unique values, compare-and-set, the options of its reading.
struct RegisterSubject {
  static constexpr std::string_view kModel = "cas-register";
  explicit RegisterSubject(Prng& prng) : object_(shape(prng, options)) {}
  Operation propose(Prng& prng) { return object_.propose(prng); }
  void apply(Operation& op) { object_.apply(op); }
  void lie(Operation& op, Prng& prng) {
    if (op.function == Function::kRead) op.result = object_.any(prng);
  }
  Value first() const { return options.initial.empty() ? Value{} : Value::integer(1); }
  bool counts(const Operation& op) const {
    return op.outcome != Outcome::kFail || (op.function == Function::kCas && options.failed_cas_observed);
  }
  bool step(const ValueTable& table, Value state, const Operation& op, Value& next) const {
    if (op.function == Function::kRead)
      return op.outcome != Outcome::kOk || op.result == state ||
             (options.null_read_unconstrained && op.result.is_nil());
    if (op.function == Function::kWrite) {
      next = op.argument;
      return true;
    }
    const auto pair = table.as_list(op.argument);
    if (op.outcome == Outcome::kFail) return pair[0] != state;
    next = pair[1];
    return pair[0] == state;
  }
  ModelOptions options;

 private:
  static RandomRegister shape(Prng& prng, ModelOptions& options) {
    options.null_read_unconstrained = prng.chance(0.2);
    options.failed_cas_observed = prng.chance(0.3);
    if (prng.chance(0.2)) options.initial = "1";
    RandomRegister shape;
    shape.unique = prng.chance(0.6);
    shape.cas = prng.chance(0.6);
    shape.texts = prng.chance(0.3);
    if (!options.initial.empty()) shape.initial = Value::integer(1);
    return shape;
  }
  RegisterObject object_;

 public:
  ValueTable& values = object_.values;
};

/// The definition, tried in every order, each key by itself.
template <typename Subject>
bool linearizable_as_read(Subject& subject, const History& history) {
  std::vector<std::uint32_t> keys;
  for (const Operation& op : history.operations)
    if (std::find(keys.begin(), keys.end(), op.key) == keys.end()) keys.push_back(op.key);
  return std::all_of(keys.begin(), keys.end(), [&](std::uint32_t key) {
    std::vector<Operation> ops;
    for (const Operation& op : history.operations) {
      bool counts = op.outcome != Outcome::kFail;
      if constexpr (requires { subject.counts(op); }) counts = subject.counts(op);
      if (op.key == key && counts) ops.push_back(op);
    }
    return brute_force(ops, subject.first(), [&](const auto& state, const Operation& op, auto& next) {
      return subject.step(history.values, state, op, next);
    });
  });
}

template <typename Subject>
bool linearizable_by_definition(Subject& subject, const History& history) {
  if constexpr (requires { subject.look_at(history); }) subject.look_at(history);
  return linearizable_as_read(subject, history);
}

/// Whether the operations that an anomaly names are wrong by themselves: still impossible when nothing is
/// known of the others but that they may have happened.
template <typename Subject>
bool witness_is_wrong(Subject& subject, const History& history, const Anomaly& anomaly) {
  History weakened = history;
  weakened.operations.clear();
  for (Operation op : history.operations) {
    const bool named = std::find(anomaly.operations.begin(), anomaly.operations.end(), op.invoke_event) !=
                       anomaly.operations.end();
    if (!named && op.outcome == Outcome::kFail) continue;
    if (!named) {
      op.outcome = Outcome::kInfo;
      op.result = Value{};
    }
    weakened.operations.push_back(op);
  }
  return !linearizable_as_read(subject, weakened);
}

/// What the subject's model says, within so many steps of a search (0: as many as it takes).
template <typename Subject>
CheckResult check_subject(const Subject& subject, const History& history, std::uint64_t steps = 0) {
  ModelOptions options;
  if constexpr (requires { subject.options; }) options = subject.options;
  options.budget.steps = steps;
  return find_model(Subject::kModel)->check(history, options);
}

/// A history of one object that told the truth.
template <typename Subject>
History truthful_history(Subject& subject, Prng& prng, std::size_t operations, int processes) {
  History history = random_history(prng, subject, operations, processes, prng.chance(0.5) ? 0.25 : 0.0, 0.08);
  history.values = subject.values;
  return history;
}

}  // namespace harness
