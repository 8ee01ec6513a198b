#include "harness/core/history.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <type_traits>

#include "harness/core/answer.h"

namespace harness {
namespace {

constexpr std::array<std::string_view, 21> kFunctionNames = {
    "read",     "write", "cas",    "add",    "enqueue", "dequeue", "incr",
    "txn",      "get",   "put",    "append", "acquire", "release", "generate",
    "transfer", "other", "remove", "ack",    "reclaim", "publish", "receive"};
static_assert(kFunctionNames.size() == static_cast<std::size_t>(kLastFunction) + 1);

std::string milliseconds(Nanos time) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", to_ms(time));
  return text;
}

}  // namespace

std::string_view to_string(Function function) {
  return kFunctionNames[static_cast<std::size_t>(function)];
}

Function function_from(std::string_view name) {
  const auto found = std::find(kFunctionNames.begin(), kFunctionNames.end(), name);
  return found == kFunctionNames.end() ? Function::kOther
                                       : static_cast<Function>(found - kFunctionNames.begin());
}

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::kOk:
      return "ok";
    case Outcome::kFail:
      return "fail";
    case Outcome::kInfo:
      return "info";
  }
  return "info";
}

std::string History::describe(const Operation& op) const {
  std::string text = "p" + std::to_string(op.process) + " " + std::string(to_string(op.function));
  if (op.key != kNoKey) text += " " + std::string(key_text(op));
  if (!op.argument.is_nil()) text += " " + values.to_json(op.argument);
  text += " -> ";
  text += to_string(op.outcome);
  if (op.outcome == Outcome::kOk && op.result != op.argument) text += " " + values.to_json(op.result);
  if (op.error != kNoError) text += " (" + std::string(error_text(op)) + ")";
  if (op.node != kNoNode) text += " by " + std::string(node_text(op));
  text += " [" + milliseconds(op.invoked) + ", ";
  text += op.completed == kNever ? "never" : milliseconds(op.completed);
  return text + " ms]";
}

std::uint32_t& OpenOperations::of_new(std::int32_t process) {
  if (process < 0 || process >= kDenseProcesses) return sparse_.try_emplace(process, kIdle).first->second;
  const auto index = static_cast<std::size_t>(process);
  dense_.resize(index + index / 2 + 16, kIdle);
  return dense_[index];
}

void OpenOperations::refuse_invocation(const Event& event, std::size_t line, bool retired) {
  throw HistoryError(line, "process " + std::to_string(event.process) +
                               (retired ? " comes back after an info; what follows an info is another process"
                                        : " has an operation open already; it must complete before the next "
                                          "one, or the next is another process's"));
}

void OpenOperations::refuse_completion(const Event& event, std::size_t line) {
  throw HistoryError(line, "process " + std::to_string(event.process) +
                               " completes what it never invoked, or completed already; remove this line, or "
                               "put the invocation before it");
}

void OpenOperations::refuse_other(const Event& event, std::size_t line, bool function) {
  throw HistoryError(line, "process " + std::to_string(event.process) + " completes another " +
                               (function ? "function" : "key") +
                               " than it invoked; a completion repeats both");
}

namespace {

void check_answer(const ValueTable& values, const Operation& op, std::size_t line) {
  const std::string why = why_answer_contradicts(values, op.function, op.argument, op.result);
  if (!why.empty()) throw HistoryError(line, "process " + std::to_string(op.process) + ": " + why);
}

}  // namespace

template <typename TakeOver>
void HistoryBuilder::add(const Event& event, std::size_t line, TakeOver& value) {
  const auto index = static_cast<std::uint32_t>(history_.events++);
  if (event.type == EventType::kInvoke) {
    if (wanted_ != nullptr && !wanted_->contains(event.key)) return open_.invoke(event, line, kElsewhere);
    open_.invoke(event, line, static_cast<std::uint32_t>(history_.operations.size()));
    Operation op;
    op.invoked = event.time;
    op.argument = value(event.value);
    op.process = event.process;
    op.key = event.key;
    op.invoke_event = index;
    op.function = event.function;
    history_.operations.push_back(op);
    return;
  }
  const std::uint32_t open = open_.complete(event, line);
  if (open == kElsewhere) return;
  Operation& op = history_.operations[open];
  OpenOperations::check_same(event, line, op.function, op.key);
  op.completed = event.time;
  op.complete_event = index;
  op.node = event.node;
  op.error = event.error;
  op.outcome = event.type == EventType::kOk     ? Outcome::kOk
               : event.type == EventType::kFail ? Outcome::kFail
                                                : Outcome::kInfo;
  const bool saw = event.type == EventType::kFail && event.function == Function::kCas;
  if (event.type == EventType::kOk || saw) op.result = value(event.value);
  // An event alone may refer to tables that are filled later.
  if constexpr (std::is_same_v<TakeOver, ValueTransfer>)
    if (event.type == EventType::kOk) check_answer(history_.values, op, line);
}

void HistoryBuilder::add(const Event& event, std::size_t line) {
  const auto as_it_is = [](Value value) { return value; };
  add(event, line, as_it_is);
}

void HistoryBuilder::take(const EventBatch& batch) {
  ValueTransfer value(batch.values, history_.values);
  for (std::size_t i = 0; i < batch.events.size(); ++i) {
    const Event& event = batch.events[i];
    if (event.process == kNemesis) {
      skip();
    } else {
      add(event, batch.line(i), value);
    }
  }
}

History HistoryBuilder::finish() {
  return std::move(history_);
}

}  // namespace harness
