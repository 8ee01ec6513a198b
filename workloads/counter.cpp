#include "workloads/counter.h"

#include <cstdint>
#include <string>

#include "workloads/answers.h"
#include "workloads/keys.h"

namespace harness {
namespace {

constexpr Parameter kCounterOptions[] = {
    keys_option("30"),
    kHotKeysOption,
    kHotShareOption,
    share_option("read", "share of reads", "0.3"),
    {"step", Parameter::Kind::kInteger, "amounts are drawn from 1 to this", "", "1", 1, 1'000'000},
    share_option("down", "of the steps, those that go down", "0"),
    kOnceOption,
    kOnceKeysOption,
};

class CounterWorkload final : public Workload {
 public:
  explicit CounterWorkload(const WorkloadSetup& setup)
      : recorder_(setup.recorder),
        read_(setup.options.number("read")),
        step_(setup.options.integer("step")),
        down_(setup.options.number("down")),
        keys_(setup, "c"),
        once_(setup, "o"),
        final_reads_(setup, keys_, once_) {}

  Operation next(std::int32_t, Prng& prng) override {
    Operation op;
    const bool steps = once_.turn(prng) ? once_.next(op, prng) : next_of_many(op, prng);
    if (!steps) return op;
    op.function = Function::kIncr;
    const std::int64_t amount = step_ == 1 ? 1 : prng.between(1, step_);
    op.argument = Value::integer(prng.chance(down_) ? -amount : amount);
    return op;
  }

  Task<Operation> invoke(Client& client, Operation op) override {
    const std::string& key = keys_.has(op.key) ? keys_.text(op.key) : once_.text(op.key);
    if (op.function == Function::kRead) {
      const std::string_view command[] = {"GET", key};
      const Answer answer = co_await client.command(key, command);
      if (take_answer(op, answer, recorder_)) take_count(op, *answer.reply);
    } else {
      const std::string amount = std::to_string(op.argument.as_integer());
      const std::string_view command[] = {"INCRBY", key, amount};
      const Answer answer = co_await client.command(key, command);
      if (!take_answer(op, answer, recorder_)) co_return op;
      if (answer.reply->type == REDIS_REPLY_INTEGER)
        take_count(op, *answer.reply);
      else
        unexpected_reply(op, recorder_);
    }
    co_return op;
  }

  std::optional<Operation> next_final(const FinalTurn&) override { return final_reads_.next(); }

 private:
  /// As OnceKeys::next does.
  bool next_of_many(Operation& op, Prng& prng) {
    const bool steps = !prng.chance(read_);
    op.key = keys_.number(keys_.draw(prng));
    return steps;
  }

  void take_count(Operation& op, const redisReply& reply) const {
    const auto count = value_of(reply, recorder_);
    if (count && (count->is_integer() || count->is_nil()))
      op.result = *count;
    else
      unexpected_reply(op, recorder_);
  }

  Recorder& recorder_;
  double read_;
  std::int64_t step_;
  double down_;
  KeySet keys_;
  OnceKeys once_;
  FinalReads final_reads_;
};

}  // namespace

std::span<const Parameter> counter_options() {
  return kCounterOptions;
}

std::unique_ptr<Workload> make_counter_workload(const WorkloadSetup& setup) {
  return std::make_unique<CounterWorkload>(setup);
}

}  // namespace harness
