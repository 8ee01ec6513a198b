#include "harness/core/answer.h"

#include <algorithm>

#include "harness/core/counted.h"

namespace harness {
namespace {

bool is_list(Value value) {
  return value.kind() == Value::Kind::kList;
}

/// A value in a sentence.
std::string told(const ValueTable& values, Value value) {
  constexpr std::size_t kLong = 80;
  std::string text = values.to_json(value);
  if (text.size() <= kLong) return text;
  std::size_t end = kLong;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;  // no half character
  return text.substr(0, end) + "...";
}

/// The same value, or a list that begins with it.
bool repeats(const ValueTable& values, Value argument, Value result) {
  if (result == argument) return true;
  if (!is_list(result)) return false;
  const auto parts = values.as_list(result);
  return parts.size() > 1 && parts[0] == argument;
}

bool repeats_cas(const ValueTable& values, Value argument, Value result) {
  if (result == argument) return true;
  if (!is_list(result) || !is_list(argument)) return false;
  const auto asked = values.as_list(argument), told = values.as_list(result);
  return told.size() >= asked.size() && std::equal(asked.begin(), asked.end(), told.begin());
}

/// The name of a micro-operation; empty: it is none.
std::string_view micro_name(const ValueTable& values, Value micro) {
  if (!is_list(micro)) return {};
  const auto parts = values.as_list(micro);
  return parts.size() >= 2 && parts[0].kind() == Value::Kind::kText ? values.as_text(parts[0])
                                                                    : std::string_view{};
}

bool same_micro(const ValueTable& values, Value asked, Value told) {
  const std::string_view name = micro_name(values, asked);
  const bool writes = name == "w" || name == "write" || name == "append";
  if (!writes && name != "r" && name != "read") return true;  // not known: its model says what it may be
  if (micro_name(values, told) != name) return false;
  const auto before = values.as_list(asked), after = values.as_list(told);
  if (before[1] != after[1]) return false;
  return !writes || before.size() != 3 || (after.size() == 3 && before[2] == after[2]);
}

std::string why_transactions_differ(const ValueTable& values, Value argument, Value result) {
  if (!is_list(argument) || !is_list(result)) return {};
  const auto asked = values.as_list(argument);
  auto answer = values.as_list(result);
  // ["state", n] at the end is the answer's own.
  if (answer.size() == asked.size() + 1 && micro_name(values, answer.back()) == "state")
    answer = answer.first(asked.size());
  if (asked.size() != answer.size())
    return "the transaction was invoked with " + counted_noun(asked.size(), "micro-operation") +
           " and completed with " + std::to_string(answer.size()) +
           "; its completion repeats them, with what its reads saw";
  for (std::size_t i = 0; i < asked.size(); ++i)
    if (!same_micro(values, asked[i], answer[i]))
      return "the transaction was invoked with " + told(values, asked[i]) + " and completed with " +
             told(values, answer[i]) +
             "; its completion repeats its micro-operations, with what its reads saw";
  return {};
}

}  // namespace

std::string why_answer_contradicts(const ValueTable& values, Function function, Value argument,
                                   Value result) {
  if (result.is_nil()) return {};
  bool same = true;
  switch (function) {
    case Function::kWrite:
    case Function::kPut:
    case Function::kAppend:
    case Function::kEnqueue:
      same = repeats(values, argument, result);
      break;
    case Function::kCas:
      same = repeats_cas(values, argument, result);
      break;
    case Function::kTxn:
      return why_transactions_differ(values, argument, result);
    default:
      break;
  }
  if (same) return {};
  const std::string name(to_string(function));
  return "the " + name + " of " + told(values, argument) + " is acknowledged as one of " +
         told(values, result) + "; the completion of such an operation repeats its value, or has null";
}

}  // namespace harness
