// Random small histories for differential tests: what a real object answered, then perhaps a lie or two.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "harness/core/history.h"
#include "harness/core/prng.h"

namespace harness {

/// The seed of a randomised test: from HARNESS_TEST_SEED, else fresh. Printed, so that CI's log has it.
inline std::uint64_t random_seed() {
  const char* given = std::getenv("HARNESS_TEST_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::printf("HARNESS_TEST_SEED=%llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

/// HARNESS_TEST_ROUNDS overrides how many random histories a differential test tries.
inline std::size_t random_rounds(std::size_t usual) {
  const char* given = std::getenv("HARNESS_TEST_ROUNDS");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : usual;
}

/// Drives one object with concurrent processes in virtual time. Each operation takes effect at a moment
/// between its invocation and its completion, or (info) at any later moment, or never; `Object` answers.
///   Object::propose(Prng&) -> Operation (function, argument)
///   Object::apply(Operation&)  takes effect now; fills result and outcome kOk or kFail
/// Times collide on purpose: A precedes B only when strictly earlier.
template <typename Object>
History random_history(Prng& prng, Object& object, std::size_t operations, int processes, double info_share,
                       double fail_share) {
  struct Open {
    Operation op;
    bool active = false;
    bool applied = false;
    bool dies = false;
    std::int32_t process = 0;
  };
  HistoryBuilder builder;
  builder.tables().values = object.values;
  std::vector<Open> open(static_cast<std::size_t>(processes));
  std::vector<Operation> ghosts;  // infos that have not taken effect yet
  std::int32_t next_process = 0;
  for (Open& o : open) o.process = next_process++;
  Nanos now = 0;
  std::size_t invoked = 0, running = 0, line = 0;
  const auto emit = [&](const Operation& op, std::int32_t process, EventType type, Value value) {
    Event e;
    e.time = now;
    e.process = process;
    e.type = type;
    e.function = op.function;
    e.value = value;
    builder.add(e, ++line);
  };
  while (invoked < operations || running > 0) {
    now += static_cast<Nanos>(prng.below(3));
    if (!ghosts.empty() && prng.chance(0.2)) {
      object.apply(ghosts.back());
      ghosts.pop_back();
    }
    Open& o = open[prng.below(open.size())];
    if (!o.active) {
      if (invoked == operations) continue;
      o.op = object.propose(prng);
      o.active = true;
      o.applied = false;
      ++invoked;
      ++running;
      emit(o.op, o.process, EventType::kInvoke, o.op.argument);
    } else if (!o.applied && prng.chance(0.6)) {
      o.applied = true;
      o.op.outcome = Outcome::kOk;
      if (prng.chance(fail_share)) {
        o.op.outcome = Outcome::kFail;
      } else {
        object.apply(o.op);
      }
    } else if (prng.chance(info_share)) {
      if (!o.applied && prng.chance(0.6)) ghosts.push_back(o.op);
      if (prng.chance(0.7)) emit(o.op, o.process, EventType::kInfo, Value{});
      o.active = false;
      o.process = next_process++;
      --running;
    } else if (o.applied) {
      emit(o.op, o.process, o.op.outcome == Outcome::kOk ? EventType::kOk : EventType::kFail, o.op.result);
      o.active = false;
      --running;
    }
  }
  History history = builder.finish();
  return history;
}

/// Lies: swaps or replaces results, stretches or shrinks nothing. `replace(op)` changes one ok operation.
template <typename Replace>
void tamper(Prng& prng, History& history, Replace replace) {
  if (history.operations.empty()) return;
  for (std::size_t lies = prng.below(5); lies > 0; --lies) {
    Operation& op = history.operations[prng.below(history.operations.size())];
    if (op.outcome == Outcome::kOk) replace(op);
  }
}

struct RandomRegister {
  std::size_t operations = 6;
  int processes = 3;
  bool unique = true;
  bool cas = false;
  bool texts = false;  // values are texts
  Value initial;
};

/// A register of small integers (2.. are written; null and 1 may be first values).
class RegisterObject {
 public:
  explicit RegisterObject(const RandomRegister& shape) : shape_(shape), state_(shape.initial) {}

  Operation propose(Prng& prng) {
    Operation op;
    const std::uint64_t kind = prng.below(shape_.cas ? 4 : 2);
    if (kind == 0) {
      op.function = Function::kRead;
    } else if (kind == 1) {
      op.function = Function::kWrite;
      op.argument = fresh(prng);
    } else {
      op.function = Function::kCas;
      const Value pair[] = {prng.chance(0.6) ? state_ : any(prng), fresh(prng)};
      op.argument = values.list(pair);
    }
    return op;
  }

  void apply(Operation& op) {
    if (op.function == Function::kRead) {
      op.result = state_;
    } else if (op.function == Function::kWrite) {
      op.result = op.argument;
      state_ = op.argument;
    } else {
      const auto pair = values.as_list(op.argument);
      op.result = op.argument;
      if (pair[0] == state_) {
        state_ = pair[1];
      } else {
        op.outcome = Outcome::kFail;
      }
    }
  }

  Value any(Prng& prng) {
    const std::int64_t number = prng.between(0, shape_.unique ? next_ : 4);
    return number == 0 ? Value{} : named(number);
  }

  ValueTable values;

 private:
  Value named(std::int64_t number) {
    return shape_.texts ? values.text("v" + std::to_string(number)) : Value::integer(number);
  }
  Value fresh(Prng& prng) {
    if (shape_.unique) return named(++next_);
    return prng.chance(0.1) ? Value{} : named(prng.between(1, 4));
  }
  RandomRegister shape_;
  Value state_;
  std::int64_t next_ = 1;
};

inline History random_register_history(Prng& prng, const RandomRegister& shape) {
  RegisterObject object(shape);
  History history =
      random_history(prng, object, shape.operations, shape.processes, prng.chance(0.5) ? 0.25 : 0.0, 0.08);
  tamper(prng, history, [&](Operation& op) {
    if (op.function == Function::kRead) op.result = object.any(prng);
  });
  history.values = object.values;
  return history;
}

}  // namespace harness
