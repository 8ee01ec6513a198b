#include "workloads/register.h"

#include <charconv>
#include <cstdint>
#include <string>
#include <vector>

#include "workloads/keys.h"

namespace harness {
namespace {

/// Sets the key when it holds the expected value: 1, or 0 and nothing happened. Runs atomically on the
/// server.
constexpr std::string_view kCompareAndSet =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('SET', KEYS[1], ARGV[2]) return 1 end return 0";

std::string text_of(Value value) {
  return std::to_string(value.as_integer());
}

class RegisterWorkload final : public Workload {
 public:
  explicit RegisterWorkload(const WorkloadSetup& setup)
      : recorder_(setup.recorder),
        options_(setup.options),
        keys_(setup, "r"),
        offered_(keys_.size()),
        next_value_(setup.share + 1),
        value_step_(setup.shares) {}

  Operation next(Prng& prng) override {
    const std::size_t key = keys_.draw(prng);
    Operation op;
    op.key = keys_.number(key);
    const double kind = prng.unit();
    if (kind < options_.read) {
      op.function = Function::kRead;
      return op;
    }
    const Value expected = offered_[key];  // the value offered last is the one most likely to be found
    const Value desired = offered_[key] = Value::integer(next_value_);
    next_value_ += value_step_;
    if (kind < options_.read + options_.write || expected.is_nil()) {
      op.function = Function::kWrite;
      op.argument = desired;
    } else {
      op.function = Function::kCas;
      const Value pair[] = {expected, desired};
      op.argument = recorder_.list(pair);
    }
    return op;
  }

  Task<Operation> invoke(Client& client, Operation op) override {
    const std::string& key = keys_.text(op.key);
    Answer answer;
    if (op.function == Function::kRead) {
      const std::string_view command[] = {"GET", key};
      answer = co_await client.command(key, command);
    } else if (op.function == Function::kWrite) {
      const std::string value = text_of(op.argument);
      const std::string_view command[] = {"SET", key, value};
      answer = co_await client.command(key, command);
    } else {
      const std::vector<Value> pair = recorder_.elements(op.argument);
      const std::string expected = text_of(pair[0]);
      const std::string desired = text_of(pair[1]);
      const std::string_view command[] = {"EVAL", kCompareAndSet, "1", key, expected, desired};
      answer = co_await client.command(key, command);
    }
    finish(op, answer);
    co_return op;
  }

  std::vector<Operation> final_reads() override {
    std::vector<Operation> reads(keys_.size());
    for (std::size_t i = 0; i < reads.size(); ++i) reads[i].key = keys_.number(i);
    return reads;
  }

 private:
  void finish(Operation& op, const Answer& answer) const {
    op.outcome = answer.outcome;
    if (answer.node >= 0) op.node = static_cast<std::uint16_t>(answer.node);
    if (answer.outcome != Outcome::kOk) {
      op.error = recorder_.error(answer.reason);
      return;
    }
    const redisReply& reply = *answer.reply;
    if (op.function == Function::kRead) {
      if (reply.type == REDIS_REPLY_STRING)
        op.result = parse({reply.str, reply.len});
      else if (reply.type != REDIS_REPLY_NIL)
        unexpected(op);
      return;
    }
    op.result = op.argument;
    if (op.function == Function::kWrite) {
      if (reply.type != REDIS_REPLY_STATUS || std::string_view(reply.str, reply.len) != "OK") unexpected(op);
    } else if (reply.type != REDIS_REPLY_INTEGER || (reply.integer != 0 && reply.integer != 1)) {
      unexpected(op);
    } else if (reply.integer == 0) {
      op.outcome = Outcome::kFail;  // no error: the register held another value
    }
  }

  /// A register holds what was written, so an integer as we write them; anything else ("007", too) is
  /// recorded as the text that it is.
  Value parse(std::string_view text) const {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = error == std::errc{} && end == text.data() + text.size();
    const bool ours = whole && Value::fits(number) && std::to_string(number) == text;
    return ours ? Value::integer(number) : recorder_.text(text);
  }

  /// A reply of a type that the command cannot give says nothing about what was applied.
  void unexpected(Operation& op) const {
    op.outcome = Outcome::kInfo;
    op.error = recorder_.error("unexpected-reply");
  }

  Recorder& recorder_;
  WorkloadOptions options_;
  KeySet keys_;
  std::vector<Value> offered_;  // by key: the newest value offered
  std::int64_t next_value_;
  std::int64_t value_step_;
};

}  // namespace

std::unique_ptr<Workload> make_register_workload(const WorkloadSetup& setup) {
  return std::make_unique<RegisterWorkload>(setup);
}

}  // namespace harness
