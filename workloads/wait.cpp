#include "workloads/wait.h"

#include <cstdint>
#include <string>

#include "harness/client/session.h"
#include "workloads/answers.h"
#include "workloads/keys.h"

namespace harness {
namespace {

constexpr Parameter kWaitOptions[] = {
    keys_option("60"),
    kHotKeysOption,
    kHotShareOption,
    share_option("read", "share of reads", "0.4"),
    {"replicas", Parameter::Kind::kInteger, "how many WAIT waits for", "", "1", 0, 100},
    {"time-out", Parameter::Kind::kInteger, "how long it waits at most", "ms", "200", 1, 60'000},
    kOnceOption,
    kOnceKeysOption,
};
constexpr std::int64_t kFiles = 1;  // WAITAOF: the node's own file, and those of as many replicas

class WaitWorkload final : public Workload {
 public:
  WaitWorkload(const WorkloadSetup& setup, bool files)
      : recorder_(setup.recorder),
        files_(files),
        read_(setup.options.number("read")),
        replicas_(std::to_string(setup.options.integer("replicas"))),
        time_out_(setup.options.integer("time-out")),
        keys_(setup, "r"),
        once_(setup, "o"),
        final_reads_(setup, keys_, once_),
        fresh_(setup) {}

  Operation next(std::int32_t, Prng& prng) override {
    Operation op;
    const bool writes = once_.turn(prng) ? once_.next(op, prng) : next_of_many(op, prng);
    if (!writes) return op;
    op.function = Function::kWrite;
    op.argument = fresh_.next();
    return op;
  }

  Task<Operation> invoke(Client& client, Operation op) override {
    const std::string& key = keys_.has(op.key) ? keys_.text(op.key) : once_.text(op.key);
    if (op.function == Function::kWrite) co_return co_await write(client, op, key);
    const std::string_view command[] = {"GET", key};
    const Answer answer = co_await client.command(key, command);
    if (!take_answer(op, answer, recorder_)) co_return op;
    const auto value = value_of(*answer.reply, recorder_);
    if (value)
      op.result = *value;
    else
      unexpected_reply(op, recorder_);
    co_return op;
  }

  std::optional<Operation> next_final(const FinalTurn&) override { return final_reads_.next(); }

 private:
  /// As OnceKeys::next does.
  bool next_of_many(Operation& op, Prng& prng) {
    const bool writes = !prng.chance(read_);
    op.key = keys_.number(keys_.draw(prng));
    return writes;
  }

  Task<Operation> write(Client& client, Operation op, const std::string& key) {
    Session session(client, key);
    const std::string value = std::to_string(op.argument.as_integer());
    const std::string_view set[] = {"SET", key, value};
    const Answer written = co_await session.command(set);
    if (!take_answer(op, written, recorder_)) co_return op;
    if (!is_ok(*written.reply)) {
      unexpected_reply(op, recorder_);
      co_return op;
    }
    op.result = op.argument;
    const std::string time = std::to_string(time_out_);
    const std::string own = std::to_string(kFiles);
    std::vector<std::string_view> wait = {"WAIT", replicas_, time};
    if (files_) wait = {"WAITAOF", own, replicas_, time};
    // The write has its answer whatever becomes of WAIT; a connection that broke is not used again.
    const Answer waited = co_await session.command(wait);
    if (waited.outcome == Outcome::kInfo) client.reset();
    if (waited.outcome == Outcome::kOk) take_acknowledged(op, *waited.reply);
    co_return op;
  }

  /// WAIT answers replicas; WAITAOF [own files, replicas].
  void take_acknowledged(Operation& op, const redisReply& reply) const {
    std::vector<Value> told = {op.argument};
    if (reply.type == REDIS_REPLY_INTEGER) {
      told.push_back(Value::integer(reply.integer));
    } else {
      const auto both = values_of(reply, recorder_);
      if (!both || both->size() != 2) return unexpected_reply(op, recorder_);
      told.push_back((*both)[1]);
      told.push_back((*both)[0]);
    }
    op.result = recorder_.list(told);
  }

  Recorder& recorder_;
  bool files_;
  double read_;
  std::string replicas_;
  std::int64_t time_out_;
  KeySet keys_;
  OnceKeys once_;
  FinalReads final_reads_;
  FreshValues fresh_;
};

}  // namespace

std::span<const Parameter> wait_options() {
  return kWaitOptions;
}

std::span<const Parameter> waitaof_options() {
  return kWaitOptions;
}

std::unique_ptr<Workload> make_wait_workload(const WorkloadSetup& setup) {
  return std::make_unique<WaitWorkload>(setup, false);
}

std::unique_ptr<Workload> make_waitaof_workload(const WorkloadSetup& setup) {
  return std::make_unique<WaitWorkload>(setup, true);
}

}  // namespace harness
