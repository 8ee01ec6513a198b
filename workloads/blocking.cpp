#include "workloads/blocking.h"

#include <cstdint>
#include <string>

#include "workloads/answers.h"
#include "workloads/drain.h"
#include "workloads/keys.h"

namespace harness {
namespace {

constexpr Parameter kOptions[] = {
    keys_option("9"),
    kHotKeysOption,
    kHotShareOption,
    share_option("push", "share of pushes", "0.55"),
    {"block-min", Parameter::Kind::kInteger, "the shortest time that a client blocks", "ms", "100", 10,
     600'000},
    {"block-max", Parameter::Kind::kInteger, "the longest", "ms", "1500", 10, 600'000},
    {"patience", Parameter::Kind::kInteger,
     "beyond that and the operation's time-out, how long a client waits", "ms", "6000", 0, 600'000},
    kOnceOption,
    few_once_keys("300"),
};

class BlockingWorkload final : public Workload {
 public:
  explicit BlockingWorkload(const WorkloadSetup& setup)
      : recorder_(setup.recorder),
        push_(setup.options.number("push")),
        block_min_(setup.options.integer("block-min")),
        block_max_(std::max(block_min_, setup.options.integer("block-max"))),
        patience_(setup.options.integer("patience")),
        lists_(setup, "b"),
        once_(setup, "o"),
        drain_(lists_, once_),
        next_element_(setup.share + 1),
        element_step_(setup.shares) {}

  Operation next(std::int32_t, Prng& prng) override {
    Operation op;
    const bool once = once_.turn(prng) && once_.writes(prng);
    op.key = once ? once_.fresh() : lists_.number(lists_.draw(prng));
    if (once || prng.chance(push_)) {
      op.function = Function::kEnqueue;
      op.argument = Value::integer(next_element_);
      next_element_ += element_step_;
    } else {
      op.function = Function::kDequeue;
      op.argument = Value::integer(prng.between(block_min_, block_max_));
    }
    return op;
  }

  Task<Operation> invoke(Client& client, Operation op) override {
    if (op.function == Function::kEnqueue) return push(client, op);
    return op.argument.is_nil() ? pop(client, op) : pop_blocking(client, op);
  }

  std::optional<Operation> next_final(const FinalTurn& turn) override { return drain_.next_dequeue(turn); }

 private:
  const std::string& name(const Operation& op) const { return drain_.name(op); }
  /// Every third list is taken from at the other end, every third through a second list.
  static int way(const std::string& name) { return name.back() % 3; }

  Task<Operation> push(Client& client, Operation op) {
    const std::string& key = name(op);
    const std::string element = std::to_string(op.argument.as_integer());
    const std::string_view command[] = {way(key) == 1 ? "LPUSH" : "RPUSH", key, element};
    const Answer answer = co_await client.command(key, command);
    if (!take_answer(op, answer, recorder_)) co_return op;
    if (answer.reply->type == REDIS_REPLY_INTEGER) {
      const Value told[] = {op.argument, Value::integer(answer.reply->integer)};
      op.result = recorder_.list(told);
    } else {
      unexpected_reply(op, recorder_);
    }
    co_return op;
  }

  Task<Operation> pop(Client& client, Operation op) {
    const std::string& key = name(op);
    const std::string_view command[] = {way(key) == 1 ? "RPOP" : "LPOP", key};
    const Answer answer = co_await client.command(key, command);
    if (take_answer(op, answer, recorder_)) take_element(op, *answer.reply);
    co_return op;
  }

  Task<Operation> pop_blocking(Client& client, Operation op) {
    const std::string& key = name(op);
    const std::string taken = "{" + key + "}.taken";
    const std::int64_t block = op.argument.as_integer();
    const std::string seconds = std::to_string(static_cast<double>(block) / 1000);
    std::vector<std::string_view> command = {way(key) == 1 ? "BRPOP" : "BLPOP", key, seconds};
    const bool moves = way(key) == 2;
    if (moves) command = {"BLMOVE", key, taken, "LEFT", "LEFT", seconds};
    const Answer answer =
        co_await client.blocking_command(key, command, std::chrono::milliseconds(block + patience_));
    if (!take_answer(op, answer, recorder_)) co_return op;
    const redisReply& reply = *answer.reply;
    if (moves || reply.type == REDIS_REPLY_NIL)
      take_element(op, reply);
    else if (reply.type == REDIS_REPLY_ARRAY && reply.elements == 2)
      take_element(op, *reply.element[1]);
    else
      unexpected_reply(op, recorder_);
    co_return op;
  }

  void take_element(Operation& op, const redisReply& reply) const {
    const auto value = value_of(reply, recorder_);
    if (!value) return unexpected_reply(op, recorder_);
    op.result = *value;
  }

  Recorder& recorder_;
  double push_;
  std::int64_t block_min_;
  std::int64_t block_max_;
  std::int64_t patience_;
  KeySet lists_;
  OnceKeys once_;
  Drain drain_;
  std::int64_t next_element_;
  std::int64_t element_step_;
};

}  // namespace

std::span<const Parameter> blocking_options() {
  return kOptions;
}

std::unique_ptr<Workload> make_blocking_workload(const WorkloadSetup& setup) {
  return std::make_unique<BlockingWorkload>(setup);
}

}  // namespace harness
