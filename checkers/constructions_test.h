// For tests only: truthful histories that are spoilt in a way that is wrong by construction. The checker must
// say invalid and name it.
#pragma once

#include <catch2/catch.hpp>

#include "checkers/definitions_test.h"

namespace harness {

using Types = std::set<std::string>;

inline constexpr std::uint64_t kSteps = 100'000;

/// A random operation, or pair of different ones, for which the predicate holds; nullptr when there is none.
template <typename Predicate>
Operation* pick(History& history, Prng& prng, Predicate fits) {
  std::vector<Operation*> found;
  for (Operation& op : history.operations)
    if (fits(op)) found.push_back(&op);
  return found.empty() ? nullptr : found[prng.below(found.size())];
}
template <typename Predicate>
std::pair<Operation*, Operation*> pick_pair(History& history, Prng& prng, Predicate fits) {
  std::vector<std::pair<Operation*, Operation*>> found;
  for (Operation& a : history.operations)
    for (Operation& b : history.operations)
      if (&a != &b && fits(a, b)) found.emplace_back(&a, &b);
  if (found.empty()) return {nullptr, nullptr};
  return found[prng.below(found.size())];
}

inline bool ok(const Operation& op, Function function) {
  return op.function == function && op.outcome == Outcome::kOk;
}
inline bool any(const History& history, Function function, Outcome outcome) {
  return std::any_of(history.operations.begin(), history.operations.end(),
                     [&](const Operation& op) { return op.function == function && op.outcome == outcome; });
}
inline bool has(const History& history, Value list, Value element) {
  const auto elements = history.values.as_list(list);
  return std::find(elements.begin(), elements.end(), element) != elements.end();
}
inline void fail(Operation& op) {
  op.outcome = Outcome::kFail;
  op.result = Value{};
}
inline std::string written(const History& history) {
  std::string text;
  for (const Operation& op : history.operations) text += history.describe(op) + "\n";
  return text;
}

/// `spoil(history, prng)`: makes the history wrong, or returns false when it has no place for that. One of
/// `types` must be found.
template <typename Subject, typename Spoil>
inline void construction(const std::string& name, const Types& types, Spoil spoil) {
  const std::uint64_t seed = random_seed();
  Prng prng(seed);
  std::size_t spoilt = 0, given_up = 0;
  for (std::size_t tries = 0; spoilt < 150; ++tries) {
    REQUIRE(tries < 60'000);
    Subject subject(prng);
    History history =
        truthful_history(subject, prng, 10 + prng.below(30), 1 + static_cast<int>(prng.below(5)));
    const Validity before = check_subject(subject, history, kSteps).valid;
    if (before != Validity::kValid) {
      // A search may need more steps than a test has, and total-queue asks that the queue was drained.
      INFO("seed " << seed << ", before " << name << "\n" << written(history));
      if (Subject::kModel != TotalQueueSubject::kModel) CHECK(before == Validity::kUnknown);
      continue;
    }
    if (!spoil(history, prng)) continue;
    const CheckResult result = check_subject(subject, history, kSteps);
    if (result.truncated.find("search") != std::string::npos && result.valid == Validity::kUnknown) {
      REQUIRE(++given_up < 50);
      continue;
    }
    ++spoilt;
    Types found;
    for (const Anomaly& anomaly : result.anomalies) found.insert(anomaly.type);
    std::string all;
    for (const std::string& type : found) all += type + " ";
    INFO("seed " << seed << ", " << name << ", found " << all << "\n"
                 << written(history) << result.explanation);
    REQUIRE(result.valid == Validity::kInvalid);
    REQUIRE(std::any_of(types.begin(), types.end(), [&](const std::string& type) {
      return std::any_of(found.begin(), found.end(),
                         [&](const std::string& f) { return f.find(type) != std::string::npos; });
    }));
  }
}

struct UniqueRegister {
  static constexpr std::string_view kModel = "register";
  explicit UniqueRegister(Prng&) {}
  Operation propose(Prng& prng) { return object.propose(prng); }
  void apply(Operation& op) { object.apply(op); }
  RegisterObject object{RandomRegister{}};
  ValueTable& values = object.values;
};
struct UniqueCas : UniqueRegister {
  static constexpr std::string_view kModel = "cas-register";
  explicit UniqueCas(Prng& prng) : UniqueRegister(prng) {
    RandomRegister shape;
    shape.cas = true;
    object = RegisterObject(shape);
  }
};

inline constexpr auto kRead = Function::kRead;
inline constexpr auto kWrite = Function::kWrite;
inline const Value kNobodys = Value::integer(424'242);

}  // namespace harness
