#include "harness/core/history.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace harness {
namespace {

constexpr std::array<std::string_view, 16> kFunctionNames = {
    "read", "write", "cas",    "add",     "enqueue", "dequeue",  "incr",     "txn",
    "get",  "put",   "append", "acquire", "release", "generate", "transfer", "other"};

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

std::uint32_t& HistoryBuilder::open_operation(std::int32_t process) {
  if (process < 0 || process >= kDenseProcesses)
    return open_sparse_.try_emplace(process, kIdle).first->second;
  const auto index = static_cast<std::size_t>(process);
  if (index >= open_.size()) open_.resize(index + index / 2 + 16, kIdle);
  return open_[index];
}

void HistoryBuilder::add(const Event& event, std::size_t line) {
  const auto process = [&] { return "process " + std::to_string(event.process); };
  if (event.time < last_time_) throw HistoryError(line, "time goes backwards");
  last_time_ = event.time;
  const auto index = static_cast<std::uint32_t>(history_.events++);
  std::uint32_t& open = open_operation(event.process);

  if (event.type == EventType::kInvoke) {
    if (open == kRetired) throw HistoryError(line, process() + " comes back after an info");
    if (open != kIdle) throw HistoryError(line, process() + " has an operation open already");
    open = static_cast<std::uint32_t>(history_.operations.size());
    Operation op;
    op.invoked = event.time;
    op.argument = event.value;
    op.process = event.process;
    op.key = event.key;
    op.invoke_event = index;
    op.function = event.function;
    history_.operations.push_back(op);
    return;
  }
  if (open == kIdle || open == kRetired)
    throw HistoryError(line, process() + " completes what it never invoked");
  Operation& op = history_.operations[open];
  if (op.function != event.function)
    throw HistoryError(line, process() + " completes another function than it invoked");
  if (event.key != kNoKey && op.key != event.key)
    throw HistoryError(line, process() + " completes another key than it invoked");
  op.completed = event.time;
  op.complete_event = index;
  op.node = event.node;
  op.error = event.error;
  op.outcome = event.type == EventType::kOk     ? Outcome::kOk
               : event.type == EventType::kFail ? Outcome::kFail
                                                : Outcome::kInfo;
  if (event.type == EventType::kOk) op.result = event.value;
  open = event.type == EventType::kInfo ? kRetired : kIdle;
}

History HistoryBuilder::finish() {
  return std::move(history_);
}

}  // namespace harness
