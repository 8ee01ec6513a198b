// Mutations of recorded histories: what may go wrong between a server and what is written down of it. Each is
// a small change of one or two operations; whether it makes the history wrong is for a definition to say.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "harness/core/history.h"
#include "harness/core/prng.h"

namespace harness {

enum class Mutation : std::uint8_t {
  kDropOperation,     // it was never recorded
  kDropEffect,        // an acknowledged change certainly did not happen
  kSwapResults,       // two operations got each other's answer
  kSwapCompletions,   // two operations returned at each other's time
  kSwapIntervals,     // two operations happened at each other's time
  kDuplicateResult,   // an answer was given a second time
  kStaleResult,       // an answer that an operation long returned had got
  kDuplicateElement,  // an element is twice in what was read
  kDropElement,       // an element is missing from what was read
  kLie,               // an answer that the object never gave (the subject's own lie)
  kForget,            // the completion was lost: harmless, it only says less
  kStretch,           // the answer came later: harmless, it only says less
};
inline constexpr std::array<std::string_view, 12> kMutationNames = {
    "drop-operation",   "drop-effect",  "swap-results",      "swap-completions", "swap-intervals",
    "duplicate-result", "stale-result", "duplicate-element", "drop-element",     "lie",
    "forget",           "stretch"};
inline constexpr std::size_t kMutations = kMutationNames.size();

/// It says less about the same run, so it can never make a history wrong.
constexpr bool harmless(Mutation mutation) {
  return mutation == Mutation::kForget || mutation == Mutation::kStretch;
}

inline bool is_answered(Function function) {
  switch (function) {
    case Function::kRead:
    case Function::kGet:
    case Function::kDequeue:
    case Function::kAcquire:
    case Function::kGenerate:
    case Function::kIncr:
    case Function::kTxn:
      return true;
    default:
      return false;
  }
}
inline bool is_change(Function function) {
  return function != Function::kRead && function != Function::kGet && function != Function::kGenerate;
}

/// Changes a history in one place. False: there was no place for this mutation.
class Mutator {
 public:
  Mutator(History& history, Prng& prng) : history_(history), ops_(history.operations), prng_(prng) {}

  /// `lie(operation)`: the subject's.
  template <typename Lie>
  bool apply(Mutation mutation, Lie lie) {
    switch (mutation) {
      case Mutation::kDropOperation:
        return drop_operation();
      case Mutation::kDropEffect:
        return at_one([](const Operation& op) { return is_change(op.function); },
                      [](Operation& op) {
                        op.outcome = Outcome::kFail;
                        op.result = Value{};
                      });
      case Mutation::kSwapResults:
        return at_two([](const Operation& a, const Operation& b) { return a.result != b.result; },
                      [](Operation& a, Operation& b) { std::swap(a.result, b.result); });
      case Mutation::kSwapCompletions:
        return swap_completions();
      case Mutation::kSwapIntervals:
        return swap_intervals();
      case Mutation::kDuplicateResult:
        return at_two([](const Operation& a, const Operation& b) { return a.result != b.result; },
                      [](Operation& a, const Operation& b) { a.result = b.result; });
      case Mutation::kStaleResult:
        return at_two(
            [](const Operation& a, const Operation& b) { return b.precedes(a) && a.result != b.result; },
            [](Operation& a, const Operation& b) { a.result = b.result; });
      case Mutation::kDuplicateElement:
      case Mutation::kDropElement:
        return change_list(mutation == Mutation::kDuplicateElement);
      case Mutation::kLie:
        return at_one([](const Operation& op) { return is_answered(op.function); }, lie);
      case Mutation::kForget:
        return at_one([](const Operation&) { return true; },
                      [](Operation& op) {
                        op.outcome = Outcome::kInfo;
                        op.result = Value{};
                      });
      case Mutation::kStretch:
        return at_one([](const Operation&) { return true; },
                      [&](Operation& op) { op.completed += prng_.between(1, 20); });
    }
    return false;
  }

 private:
  Operation& any() { return ops_[prng_.below(ops_.size())]; }

  template <typename Fits, typename Change>
  bool at_one(Fits fits, Change change) {
    for (int attempt = 0; attempt < 8 && !ops_.empty(); ++attempt) {
      Operation& op = any();
      if (op.outcome != Outcome::kOk || !fits(op)) continue;
      change(op);
      return true;
    }
    return false;
  }

  /// Two acknowledged operations of one kind, which return something.
  template <typename Fit, typename Change>
  bool at_two(Fit fit, Change change) {
    for (int attempt = 0; attempt < 16 && !ops_.empty(); ++attempt) {
      Operation& a = any();
      Operation& b = any();
      if (&a == &b || a.outcome != Outcome::kOk || b.outcome != Outcome::kOk) continue;
      if (a.function != b.function || !is_answered(a.function) || !same_shape(a, b) || !fit(a, b)) continue;
      change(a, b);
      return true;
    }
    return false;
  }

  /// The answer of a transaction repeats its writes, so only transactions of one text may be swapped.
  static bool same_shape(const Operation& a, const Operation& b) {
    return a.function != Function::kTxn || a.argument == b.argument;
  }

  bool drop_operation() {
    if (ops_.empty()) return false;
    ops_.erase(ops_.begin() + static_cast<std::ptrdiff_t>(prng_.below(ops_.size())));
    return true;
  }

  bool swap_completions() {
    for (int attempt = 0; attempt < 16 && !ops_.empty(); ++attempt) {
      Operation& a = any();
      Operation& b = any();
      if (a.completed == kNever || b.completed == kNever || a.completed == b.completed) continue;
      if (a.completed < b.invoked || b.completed < a.invoked) continue;
      std::swap(a.completed, b.completed);
      return true;
    }
    return false;
  }

  bool swap_intervals() {
    for (int attempt = 0; attempt < 16 && !ops_.empty(); ++attempt) {
      Operation& a = any();
      Operation& b = any();
      if (a.invoked == b.invoked || a.completed == kNever || b.completed == kNever) continue;
      std::swap(a.invoked, b.invoked);
      std::swap(a.completed, b.completed);
      std::stable_sort(ops_.begin(), ops_.end(),
                       [](const Operation& x, const Operation& y) { return x.invoked < y.invoked; });
      return true;
    }
    return false;
  }

  bool change_list(bool duplicate) {
    for (int attempt = 0; attempt < 8 && !ops_.empty(); ++attempt) {
      Operation& op = any();
      if (op.outcome != Outcome::kOk || op.function != Function::kRead) continue;
      if (op.result.kind() != Value::Kind::kList) continue;
      const auto list = history_.values.as_list(op.result);
      std::vector<Value> elements(list.begin(), list.end());
      if (elements.empty()) continue;
      const auto at = elements.begin() + static_cast<std::ptrdiff_t>(prng_.below(elements.size()));
      if (duplicate) {
        elements.push_back(*at);
      } else {
        elements.erase(at);
      }
      op.result = history_.values.list(elements);
      return true;
    }
    return false;
  }

  History& history_;
  std::vector<Operation>& ops_;
  Prng& prng_;
};

}  // namespace harness
