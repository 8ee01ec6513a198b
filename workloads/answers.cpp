#include "workloads/answers.h"

#include <charconv>
#include <string>
#include <vector>

namespace harness {

bool take_answer(Operation& op, const Answer& answer, Recorder& recorder) {
  op.outcome = answer.outcome;
  if (answer.node >= 0) op.node = static_cast<std::uint16_t>(answer.node);
  if (answer.outcome == Outcome::kOk) return true;
  op.error = recorder.error(answer.reason);
  return false;
}

void unexpected_reply(Operation& op, Recorder& recorder) {
  op.outcome = Outcome::kInfo;
  op.error = recorder.error("unexpected-reply");
}

void take_compare_and_set(Operation& op, const Answer& answer, Recorder& recorder) {
  if (!take_answer(op, answer, recorder)) return;
  const redisReply& reply = *answer.reply;
  const bool array =
      reply.type == REDIS_REPLY_ARRAY && reply.elements >= 1 && reply.element[0]->type == REDIS_REPLY_INTEGER;
  if (array && reply.elements == 1 && reply.element[0]->integer == 1) {
    op.result = op.argument;
    return;
  }
  const auto seen = array && reply.elements == 2 && reply.element[0]->integer == 0
                        ? value_of(*reply.element[1], recorder)
                        : std::nullopt;
  if (!seen) return unexpected_reply(op, recorder);
  op.outcome = Outcome::kFail;  // no error: the register held another value
  std::vector<Value> told = recorder.elements(op.argument);
  told.push_back(*seen);
  op.result = recorder.list(told);
}

std::optional<std::string_view> text_of(const redisReply& reply) {
  if (reply.type != REDIS_REPLY_STRING && reply.type != REDIS_REPLY_STATUS) return std::nullopt;
  return std::string_view(reply.str, reply.len);
}

bool is_ok(const redisReply& reply) {
  return reply.type == REDIS_REPLY_STATUS && std::string_view(reply.str, reply.len) == "OK";
}

std::string decimal(Value value) {
  return std::to_string(value.as_integer());
}

Value value_of(std::string_view text, Recorder& recorder) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  const bool ours = whole && Value::fits(number) && std::to_string(number) == text;
  return ours ? Value::integer(number) : recorder.text(text);
}

std::optional<Value> value_of(const redisReply& reply, Recorder& recorder) {
  if (reply.type == REDIS_REPLY_NIL) return Value{};
  if (reply.type == REDIS_REPLY_INTEGER)
    return Value::fits(reply.integer) ? Value::integer(reply.integer)
                                      : recorder.text(std::to_string(reply.integer));
  if (reply.type == REDIS_REPLY_STRING) return value_of(std::string_view(reply.str, reply.len), recorder);
  return std::nullopt;
}

std::optional<std::vector<Value>> values_of(const redisReply& reply, Recorder& recorder) {
  if (reply.type != REDIS_REPLY_ARRAY) return std::nullopt;
  std::vector<Value> values;
  values.reserve(reply.elements);
  for (std::size_t i = 0; i < reply.elements; ++i) {
    const auto value = value_of(*reply.element[i], recorder);
    if (!value) return std::nullopt;
    values.push_back(*value);
  }
  return values;
}

std::optional<Value> list_of(const redisReply& reply, Recorder& recorder) {
  const auto values = values_of(reply, recorder);
  if (!values) return std::nullopt;
  return recorder.list(*values);
}

}  // namespace harness
