#include "checkers/common/findings.h"

#include <algorithm>
#include <cstdio>

#include "checkers/common/explaining.h"
#include "checkers/common/writers.h"

namespace harness {

std::string at_ms(Nanos time) {
  if (time == kNever) return "never";
  // Histories from elsewhere may count in small numbers: as milliseconds they would all be zero.
  constexpr Nanos kTooShort = kMillisecond / 100;
  if (time < kTooShort) return std::to_string(time) + " ns";
  char text[40];
  std::snprintf(text, sizeof text, "%.3f ms", to_ms(time));
  return text;
}

std::string of_key(const History& history, std::uint32_t key) {
  return key == kNoKey ? std::string{} : " (key " + std::string(history.keys.text(key)) + ")";
}

std::string words(const History& history, std::uint32_t operation, bool values) {
  const Operation& op = history.operations[operation];
  std::string text = "process " + std::to_string(op.process) + "'s ";
  const bool reading = op.argument.is_nil() && op.outcome == Outcome::kOk;
  text += to_string(op.function);
  if (reading) {
    if (values) text += " of " + history.values.to_json(op.result);
  } else if (op.argument.is_nil()) {
    text += " (" + std::string(to_string(op.outcome)) + ")";
  } else {
    text += " of " + history.values.to_json(op.argument);
    if (op.outcome == Outcome::kOk && !op.result.is_nil() && op.result != op.argument)
      text += " that returned " + history.values.to_json(op.result);
  }
  if (op.outcome == Outcome::kFail) return text + " (failed at " + at_ms(op.completed) + ")";
  if (op.outcome == Outcome::kInfo)
    return text + " (invoked at " + at_ms(op.invoked) + ", never known to have returned)";
  return text + " (" + at_ms(op.invoked) + " to " + at_ms(op.completed) + ")";
}

std::string budget_words(const History& history, std::uint32_t key, std::string_view ran_out,
                         std::uint64_t steps) {
  std::string text = "the search" + of_key(history, key) + " ran out of its budget of ";
  text += ran_out;
  text += " after " + std::to_string(steps) + " steps; raise it with ";
  return text + (ran_out == "memory"  ? "--memory-limit"
                 : ran_out == "steps" ? "--step-limit"
                                      : "--time-limit");
}

std::string stopped_words(std::string_view what, std::size_t done, std::size_t all) {
  return "the check ran out of its budget of time after " + std::to_string(done) + " of " +
         std::to_string(all) + " " + std::string(what) + "; raise it with --time-limit";
}

bool out_of_time(const Budget& budget, std::size_t done, std::size_t keys, Findings& findings) {
  if (!budget.stop()) return false;
  findings.unknown(stopped_words("keys", done, keys));
  return true;
}

std::string cut_words(std::size_t listed, std::size_t violations) {
  return "only " + std::to_string(listed) + " of " + std::to_string(violations) + " violations are listed";
}

std::string impossible_words(const History& history, std::uint32_t key,
                             std::span<const std::uint32_t> witness, std::size_t placed,
                             const std::string& state) {
  std::string text = "these operations" + of_key(history, key) + " have no order, whatever the others did: ";
  for (std::size_t i = 0; i < witness.size(); ++i) {
    if (i == 8) {
      text += " and " + std::to_string(witness.size() - i) + " more";
      break;
    }
    text += (i == 0 ? "" : "; ") + words(history, witness[i]);
  }
  return text + ". The longest order found places " + std::to_string(placed) +
         " of all operations and ends with " + state + ".";
}

Value initial_value(const History& history, const std::string& json) {
  const auto found = history.values.find_json(json);
  return found.value_or(Value::from_bits(~std::uint64_t{0}));
}

void Findings::add(std::string type, std::span<const std::uint32_t> operations, std::string explanation) {
  count();
  if (!wants_more()) return;
  Anomaly anomaly;
  anomaly.type = std::move(type);
  anomaly.explanation = std::move(explanation);
  for (const std::uint32_t index : operations) {
    const Operation& op = history_.operations[index];
    anomaly.operations.push_back(op.invoke_event);
    if (anomaly.key.empty()) anomaly.key = history_.key_text(op);
    const Nanos shown = op.completed == kNever ? op.invoked : op.completed;
    if (shown >= anomaly.time) {
      anomaly.time = shown;
      anomaly.node = history_.node_text(op);
    }
  }
  std::sort(anomaly.operations.begin(), anomaly.operations.end());
  anomaly.operations.erase(std::unique(anomaly.operations.begin(), anomaly.operations.end()),
                           anomaly.operations.end());
  result_.anomalies.push_back(std::move(anomaly));
}

void Findings::unknown(const std::string& why) {
  if (result_.truncated.empty()) result_.truncated = why;
}

CheckResult Findings::finish(const std::string& valid_words) {
  if (!result_.anomalies.empty()) {
    const Explaining explaining;
    add_writers(history_, result_.anomalies);
  }
  std::stable_sort(result_.anomalies.begin(), result_.anomalies.end(),
                   [](const Anomaly& a, const Anomaly& b) { return a.time < b.time; });
  conclude(result_, valid_words, notes_);
  return std::move(result_);
}

void conclude(CheckResult& result, const std::string& valid_words, const std::vector<std::string>& notes) {
  const bool incomplete = !result.truncated.empty();
  if (result.violations > 0) {
    result.valid = Validity::kInvalid;
    result.explanation = std::to_string(result.violations) +
                         (result.violations == 1 ? " violation. " : " violations. ") +
                         (result.anomalies.empty() ? "" : result.anomalies.front().explanation);
    if (result.violations > result.anomalies.size()) {
      if (incomplete) result.truncated += "; ";
      result.truncated += cut_words(result.anomalies.size(), result.violations);
    }
  } else if (incomplete) {
    result.valid = Validity::kUnknown;
    result.explanation = "Not decided: " + result.truncated + ".";
  } else {
    result.valid = Validity::kValid;
    result.explanation = valid_words;
  }
  for (const std::string& text : notes) result.note += (result.note.empty() ? "" : " ") + text;
  if (!result.note.empty()) result.explanation += " " + result.note;
}

ByKey split_by_key(const History& history, std::span<const std::uint8_t> wanted) {
  ByKey out;
  out.begin.assign(history.keys.size() + 2, 0);
  const auto slot = [&](const Operation& op) { return key_slot(history, op.key); };
  for (const Operation& op : history.operations)
    if (wanted.empty() || wanted[slot(op)]) ++out.begin[slot(op) + 1];
  for (std::size_t k = 1; k < out.begin.size(); ++k) out.begin[k] += out.begin[k - 1];
  out.ops.resize(out.begin.back());
  std::vector<std::uint32_t> at(out.begin.begin(), out.begin.end() - 1);
  for (std::uint32_t i = 0; i < history.operations.size(); ++i) {
    const Operation& op = history.operations[i];
    if (wanted.empty() || wanted[slot(op)]) out.ops[at[slot(op)]++] = i;
  }
  return out;
}

}  // namespace harness
