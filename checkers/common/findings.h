// How the models report: findings gathered into a CheckResult, refusals of operations that a model does not
// have, and the words shared by their explanations.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "checkers/common/model.h"
#include "harness/core/check.h"
#include "harness/core/history.h"
#include "harness/core/verdict.h"

namespace harness {

/// A history that the chosen model cannot read: the index of the invocation's event and the reason.
/// `harness check` turns the index into a line number; exit code 2.
struct OperationRefused : UsageError {
  OperationRefused(std::size_t event_index, const std::string& why)
      : UsageError("event " + std::to_string(event_index) + ": " + why), event(event_index), reason(why) {}
  std::size_t event;
  std::string reason;
};

/// Gathers what a checker finds. All violations are counted; the first `kListed` are kept in full.
class Findings {
 public:
  static constexpr std::size_t kListed = 64;

  Findings(std::string_view name, const History& history) : history_(history) {
    result_.name = name;
    result_.operations = history.operations.size();
  }

  /// True while explanations are still wanted; beyond that only count().
  bool wants_more() const { return result_.anomalies.size() < kListed; }
  void count() { ++result_.violations; }
  /// `operations` index History::operations; the anomaly takes key, node and time from them.
  void add(std::string type, std::span<const std::uint32_t> operations, std::string explanation);
  /// The verdict stays incomplete: why, and how to raise the budget.
  void unknown(const std::string& why);
  void note(std::string text) { notes_.push_back(std::move(text)); }
  void measure(std::string_view name, double value) { result_.measured.emplace_back(name, value); }
  std::size_t violations() const { return result_.violations; }

  /// `valid_words`: what to say of a history without a violation.
  CheckResult finish(const std::string& valid_words);

 private:
  const History& history_;
  CheckResult result_;
  std::vector<std::string> notes_;
};

/// What a result's violations, anomalies and `truncated` come to: fills in the verdict, the explanation and
/// what is said of a list that is cut.
void conclude(CheckResult& result, const std::string& valid_words, const std::vector<std::string>& notes);

/// --initial as a Value of this history's tables. A value that the history never mentions equals none of its
/// values: Value::from_bits(~0). Throws UsageError for text that is not JSON.
Value initial_value(const History& history, const std::string& json);

/// "process 3's write of 42 (12.000 to 12.300 ms)": for sentences.
/// `values` false: without the value that was read, which may be long.
std::string words(const History& history, std::uint32_t operation, bool values = true);
/// Why a search of this key was not finished, and how to raise the budget.
std::string budget_words(const History& history, std::uint32_t key, std::string_view ran_out,
                         std::uint64_t steps);
/// Why a check was not finished, and how to raise the budget: it was stopped when so much was done.
std::string stopped_words(std::string_view what, std::size_t done, std::size_t all);
/// "only 64 of 80 violations are listed": how a list of anomalies that is cut says so.
std::string cut_words(std::size_t listed, std::size_t violations);
/// Asked before each key: true when the check has to stop, which the findings then say.
bool out_of_time(const Budget& budget, std::size_t done, std::size_t keys, Findings& findings);
/// Why a set of operations has no order: the operations, and how far the longest order came.
std::string impossible_words(const History& history, std::uint32_t key,
                             std::span<const std::uint32_t> witness, std::size_t placed,
                             const std::string& state);
/// "12.300 ms"
std::string at_ms(Nanos time);
/// " (key r17)", or nothing.
std::string of_key(const History& history, std::uint32_t key);

/// Operations by key, in order of invocation: ops[begin[k]..begin[k+1]) for key id k; the last group holds
/// those without a key.
struct ByKey {
  std::vector<std::uint32_t> begin;
  std::vector<std::uint32_t> ops;
  std::size_t size() const { return begin.size() - 1; }
  std::span<const std::uint32_t> group(std::size_t key) const {
    return std::span(ops).subspan(begin[key], begin[key + 1] - begin[key]);
  }
};
/// Only operations of keys for which `wanted` is nonzero (all when empty); its last element stands for no
/// key.
ByKey split_by_key(const History& history, std::span<const std::uint8_t> wanted = {});

/// The place of a key in per-key arrays of keys.size() + 1 elements: operations without a key come last.
inline std::uint32_t key_slot(const History& history, std::uint32_t key) {
  return key == kNoKey ? static_cast<std::uint32_t>(history.keys.size()) : key;
}

}  // namespace harness
