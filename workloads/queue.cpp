#include "workloads/queue.h"

#include <cstdint>
#include <string>
#include <unordered_map>

#include "harness/client/session.h"
#include "workloads/answers.h"
#include "workloads/drain.h"
#include "workloads/keys.h"

namespace harness {
namespace {

constexpr Parameter kQueueOptions[] = {
    keys_option("12"),
    kHotKeysOption,
    kHotShareOption,
    share_option("enqueue", "share of enqueues", "0.5"),
    share_option("block", "of the dequeues, those that block while the queue is empty", "0.2"),
    {"block-time", Parameter::Kind::kInteger, "how long they block at most", "ms", "200", 10, 60'000},
    share_option("process", "of the dequeues, those through a list of what is processed", "0.2"),
    kOnceOption,
    once_keys_option("300"),
};

/// How a dequeue is carried out.
enum class Means { kPop, kBlock, kProcess };

class QueueWorkload final : public Workload {
 public:
  explicit QueueWorkload(const WorkloadSetup& setup)
      : recorder_(setup.recorder),
        enqueue_(setup.options.number("enqueue")),
        block_(setup.options.number("block")),
        process_(setup.options.number("process")),
        block_time_(setup.options.integer("block-time")),
        queues_(setup, "q"),
        once_(setup, "o"),
        drain_(queues_, once_),
        fresh_(setup) {}

  Operation next(std::int32_t process, Prng& prng) override {
    Operation op;
    const bool once = once_.turn(prng) && once_.writes(prng);
    op.key = once ? once_.fresh() : queues_.number(queues_.draw(prng));
    if (once || prng.chance(enqueue_)) {
      op.function = Function::kEnqueue;
      op.argument = fresh_.next();
      return op;
    }
    op.function = Function::kDequeue;
    const double kind = prng.unit();
    means_[process] = kind < block_              ? Means::kBlock
                      : kind < block_ + process_ ? Means::kProcess
                                                 : Means::kPop;
    return op;
  }

  Task<Operation> invoke(Client& client, Operation op) override {
    if (op.function == Function::kEnqueue) co_return co_await enqueue(client, op);
    const auto means = means_.find(op.process);
    if (means != means_.end() && means->second == Means::kBlock) co_return co_await pop_blocking(client, op);
    if (means != means_.end() && means->second == Means::kProcess) co_return co_await process(client, op);
    co_return co_await pop(client, op);
  }

  void retired(std::int32_t process) override { means_.erase(process); }

  std::optional<Operation> next_final(const FinalTurn& turn) override { return drain_.next_dequeue(turn); }

 private:
  const std::string& name(const Operation& op) const { return drain_.name(op); }
  bool left_in(const Operation& op) const { return name(op).back() % 2 == 0; }  // by its number

  Task<Operation> enqueue(Client& client, Operation op) {
    const std::string& key = name(op);
    const std::string element = std::to_string(op.argument.as_integer());
    const std::string_view command[] = {left_in(op) ? "LPUSH" : "RPUSH", key, element};
    const Answer answer = co_await client.command(key, command);
    if (!take_answer(op, answer, recorder_)) co_return op;
    if (answer.reply->type != REDIS_REPLY_INTEGER) {
      unexpected_reply(op, recorder_);
      co_return op;
    }
    const Value told[] = {op.argument, Value::integer(answer.reply->integer)};
    op.result = recorder_.list(told);
    co_return op;
  }

  Task<Operation> pop(Client& client, Operation op) {
    const std::string& key = name(op);
    const std::string_view command[] = {left_in(op) ? "RPOP" : "LPOP", key};
    const Answer answer = co_await client.command(key, command);
    if (take_answer(op, answer, recorder_)) take_element(op, *answer.reply);
    co_return op;
  }

  Task<Operation> pop_blocking(Client& client, Operation op) {
    const std::string& key = name(op);
    const std::string seconds = std::to_string(static_cast<double>(block_time_) / 1000);
    const std::string_view command[] = {left_in(op) ? "BRPOP" : "BLPOP", key, seconds};
    const Answer answer =
        co_await client.blocking_command(key, command, std::chrono::milliseconds(block_time_));
    if (!take_answer(op, answer, recorder_)) co_return op;
    const redisReply& reply = *answer.reply;
    const bool pair = reply.type == REDIS_REPLY_ARRAY && reply.elements == 2;
    if (pair)
      take_element(op, *reply.element[1]);
    else if (reply.type != REDIS_REPLY_NIL)
      unexpected_reply(op, recorder_);
    co_return op;
  }

  Task<Operation> process(Client& client, Operation op) {
    const std::string& key = name(op);
    const std::string processed = "{" + key + "}.processed";  // in the same slot
    Session session(client, key);
    const bool left = left_in(op);
    const std::string_view move[] = {"LMOVE", key, processed, left ? "RIGHT" : "LEFT",
                                     left ? "LEFT" : "RIGHT"};
    const Answer moved = co_await session.command(move);
    if (!take_answer(op, moved, recorder_)) co_return op;
    take_element(op, *moved.reply);
    if (op.outcome != Outcome::kOk || op.result.is_nil()) co_return op;
    const std::string element(*text_of(*moved.reply));
    const std::string_view remove[] = {"LREM", processed, "1", element};
    const Answer removed = co_await session.command(remove);
    // The element is ours whatever LREM did; a connection that broke is not used again.
    if (removed.outcome == Outcome::kInfo) client.reset();
    co_return op;
  }

  void take_element(Operation& op, const redisReply& reply) const {
    if (reply.type == REDIS_REPLY_NIL) return;
    const auto text = text_of(reply);
    if (!text) return unexpected_reply(op, recorder_);
    op.result = value_of(*text, recorder_);
  }

  Recorder& recorder_;
  double enqueue_;
  double block_;
  double process_;
  std::int64_t block_time_;
  KeySet queues_;
  OnceKeys once_;
  Drain drain_;
  std::unordered_map<std::int32_t, Means> means_;  // by process: of the dequeue that it offered
  FreshValues fresh_;
};

}  // namespace

std::span<const Parameter> queue_options() {
  return kQueueOptions;
}

std::unique_ptr<Workload> make_queue_workload(const WorkloadSetup& setup) {
  return std::make_unique<QueueWorkload>(setup);
}

}  // namespace harness
