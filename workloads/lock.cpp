#include "workloads/lock.h"

#include <cstdint>
#include <string>
#include <unordered_map>

#include "workloads/answers.h"
#include "workloads/keys.h"

namespace harness {
namespace {

constexpr Parameter kLockOptions[] = {
    keys_option("12"),
    kHotKeysOption,
    kHotShareOption,
    {"ttl", Parameter::Kind::kInteger, "how long a lock is held at most", "ms", "2000", 10, 600'000},
    share_option("release", "of the operations of a process that holds locks, those that release one", "0.5"),
    kOnceOption,
    kOnceKeysOption,
};

/// Answers the fencing token, or nothing where somebody else holds the lock.
constexpr std::string_view kAcquire =
    "if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return redis.call('INCR', KEYS[2]) end "
    "return false";
/// Answers 1, or 0 where the caller does not hold it any more.
constexpr std::string_view kRelease =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

class LockWorkload final : public Workload {
 public:
  explicit LockWorkload(const WorkloadSetup& setup)
      : recorder_(setup.recorder),
        ttl_(setup.options.integer("ttl")),
        release_(setup.options.number("release")),
        locks_(setup, "k"),
        once_(setup, "o"),
        final_reads_(setup, locks_, once_),
        fresh_(setup) {}

  Operation next(std::int32_t process, Prng& prng) override {
    Operation op;
    const auto held = held_.find(process);
    if (held != held_.end() && prng.chance(release_)) {
      op.function = Function::kRelease;
      op.key = held->second.key;
      const Value owner[] = {held->second.owner};
      op.argument = recorder_.list(owner);
      held_.erase(held);
      return op;
    }
    op.function = Function::kAcquire;
    const bool once = once_.turn(prng) && once_.writes(prng);
    op.key = once ? once_.fresh() : locks_.number(locks_.draw(prng));
    const Value pair[] = {fresh_.next(), Value::integer(ttl_)};
    op.argument = recorder_.list(pair);
    // Released later whether it was granted or not: what is offered must not depend on what was answered.
    if (!once) held_[process] = {op.key, pair[0]};
    return op;
  }

  Task<Operation> invoke(Client& client, Operation op) override {
    const std::string& name = locks_.has(op.key) ? locks_.text(op.key) : once_.text(op.key);
    const std::string lock = "{" + name + "}.lock";
    const std::string fence = "{" + name + "}.fence";
    if (op.function == Function::kRead) {
      const std::string_view command[] = {"GET", fence};
      const Answer answer = co_await client.command(fence, command);
      if (!take_answer(op, answer, recorder_)) co_return op;
      const auto token = value_of(*answer.reply, recorder_);
      if (token && (token->is_nil() || token->is_integer()))
        op.result = *token;
      else
        unexpected_reply(op, recorder_);
      co_return op;
    }
    const std::string owner = std::to_string(recorder_.elements(op.argument)[0].as_integer());
    if (op.function == Function::kRelease) {
      const std::string_view command[] = {"EVAL", kRelease, "1", lock, owner};
      take_release(op, co_await client.command(lock, command));
    } else {
      const std::string ttl = std::to_string(ttl_);
      const std::string_view command[] = {"EVAL", kAcquire, "2", lock, fence, owner, ttl};
      take_token(op, co_await client.command(lock, command));
    }
    co_return op;
  }

  void retired(std::int32_t process) override { held_.erase(process); }

  std::optional<Operation> next_final(const FinalTurn&) override { return final_reads_.next(); }

 private:
  struct Held {
    std::uint32_t key = 0;
    Value owner;
  };

  void take_token(Operation& op, const Answer& answer) const {
    if (!take_answer(op, answer, recorder_)) return;
    const redisReply& reply = *answer.reply;
    if (reply.type == REDIS_REPLY_NIL) {
      op.outcome = Outcome::kFail;  // no error: somebody else holds it
    } else if (reply.type == REDIS_REPLY_INTEGER) {
      const Value pair[] = {recorder_.elements(op.argument)[0], Value::integer(reply.integer)};
      op.result = recorder_.list(pair);
    } else {
      unexpected_reply(op, recorder_);
    }
  }

  void take_release(Operation& op, const Answer& answer) const {
    if (!take_answer(op, answer, recorder_)) return;
    const redisReply& reply = *answer.reply;
    if (reply.type != REDIS_REPLY_INTEGER) return unexpected_reply(op, recorder_);
    if (reply.integer == 1)
      op.result = op.argument;
    else
      op.outcome = Outcome::kFail;  // no error: it holds it no more
  }

  Recorder& recorder_;
  std::int64_t ttl_;
  double release_;
  KeySet locks_;
  OnceKeys once_;  // taken once, never released
  FinalReads final_reads_;
  std::unordered_map<std::int32_t, Held> held_;  // by process: what it asked for last
  FreshValues fresh_;
};

}  // namespace

std::span<const Parameter> lock_options() {
  return kLockOptions;
}

std::unique_ptr<Workload> make_lock_workload(const WorkloadSetup& setup) {
  return std::make_unique<LockWorkload>(setup);
}

}  // namespace harness
