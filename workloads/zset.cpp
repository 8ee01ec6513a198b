#include "workloads/zset.h"

#include <cstdint>
#include <string>
#include <unordered_map>

#include "workloads/answers.h"
#include "workloads/drain.h"
#include "workloads/keys.h"

namespace harness {
namespace {

constexpr Parameter kZsetOptions[] = {
    keys_option("12"),
    kHotKeysOption,
    kHotShareOption,
    share_option("add", "share of ZADD; the rest takes the lowest", "0.5"),
    share_option("block", "of those that take, those by BZPOPMIN", "0.2"),
    {"block-time", Parameter::Kind::kInteger, "how long they block at most", "ms", "200", 10, 60'000},
    {"ranks", Parameter::Kind::kInteger, "ranks are drawn from 1 to this", "", "1000", 1, 1'000'000},
    kOnceOption,
    once_keys_option("300"),
};

class ZsetWorkload final : public Workload {
 public:
  explicit ZsetWorkload(const WorkloadSetup& setup)
      : recorder_(setup.recorder),
        add_(setup.options.number("add")),
        block_(setup.options.number("block")),
        block_time_(setup.options.integer("block-time")),
        ranks_(setup.options.integer("ranks")),
        sets_(setup, "z"),
        once_(setup, "o"),
        drain_(sets_, once_),
        fresh_(setup) {}

  Operation next(std::int32_t, Prng& prng) override {
    Operation op;
    const bool once = once_.turn(prng) && once_.writes(prng);
    op.key = once ? once_.fresh() : sets_.number(sets_.draw(prng));
    if (once || prng.chance(add_)) {
      op.function = Function::kEnqueue;
      const Value pair[] = {fresh_.next(), Value::integer(prng.between(1, ranks_))};
      op.argument = recorder_.list(pair);
      return op;
    }
    op.function = Function::kDequeue;
    if (prng.chance(block_)) op.argument = Value::integer(block_time_);
    return op;
  }

  Task<Operation> invoke(Client& client, Operation op) override {
    if (op.function == Function::kEnqueue) co_return co_await add(client, op);
    if (op.argument.is_integer()) co_return co_await pop_blocking(client, op);
    const std::string& key = name(op);
    const std::string_view command[] = {"ZPOPMIN", key};
    const Answer answer = co_await client.command(key, command);
    if (!take_answer(op, answer, recorder_)) co_return op;
    const redisReply& reply = *answer.reply;
    if (reply.type != REDIS_REPLY_ARRAY || (reply.elements != 0 && reply.elements != 2))
      unexpected_reply(op, recorder_);
    else if (reply.elements == 2)
      take_member(op, *reply.element[0], *reply.element[1]);
    co_return op;
  }

  std::optional<Operation> next_final(const FinalTurn& turn) override { return drain_.next_dequeue(turn); }

 private:
  const std::string& name(const Operation& op) const { return drain_.name(op); }

  Task<Operation> add(Client& client, Operation op) {
    const std::string& key = name(op);
    const std::vector<Value> pair = recorder_.elements(op.argument);
    const std::string member = std::to_string(pair[0].as_integer());
    const std::string rank = std::to_string(pair[1].as_integer());
    const std::string_view command[] = {"ZADD", key, "NX", rank, member};
    const Answer answer = co_await client.command(key, command);
    if (!take_answer(op, answer, recorder_)) co_return op;
    if (answer.reply->type == REDIS_REPLY_INTEGER && answer.reply->integer == 1)
      op.result = op.argument;
    else
      unexpected_reply(op, recorder_);
    co_return op;
  }

  Task<Operation> pop_blocking(Client& client, Operation op) {
    const std::string& key = name(op);
    const std::string seconds = std::to_string(static_cast<double>(block_time_) / 1000);
    const std::string_view command[] = {"BZPOPMIN", key, seconds};
    const Answer answer =
        co_await client.blocking_command(key, command, std::chrono::milliseconds(block_time_));
    if (!take_answer(op, answer, recorder_)) co_return op;
    const redisReply& reply = *answer.reply;
    if (reply.type == REDIS_REPLY_ARRAY && reply.elements == 3)
      take_member(op, *reply.element[1], *reply.element[2]);
    else if (reply.type != REDIS_REPLY_NIL)
      unexpected_reply(op, recorder_);
    co_return op;
  }

  void take_member(Operation& op, const redisReply& member, const redisReply& rank) const {
    const auto name = value_of(member, recorder_);
    const auto place = value_of(rank, recorder_);
    if (!name || !place) return unexpected_reply(op, recorder_);
    const Value pair[] = {*name, *place};
    op.result = recorder_.list(pair);
  }

  Recorder& recorder_;
  double add_;
  double block_;
  std::int64_t block_time_;
  std::int64_t ranks_;
  KeySet sets_;
  OnceKeys once_;
  Drain drain_;
  FreshValues fresh_;
};

}  // namespace

std::span<const Parameter> zset_options() {
  return kZsetOptions;
}

std::unique_ptr<Workload> make_zset_workload(const WorkloadSetup& setup) {
  return std::make_unique<ZsetWorkload>(setup);
}

}  // namespace harness
