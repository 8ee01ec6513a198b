#include "workloads/register.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "workloads/answers.h"
#include "workloads/keys.h"

namespace harness {
namespace {

constexpr Parameter kRegisterOptions[] = {
    keys_option("60"),
    kHotKeysOption,
    kHotShareOption,
    share_option("read", "share of reads", "0.5"),
    share_option("write", "share of writes; the rest is compare-and-set", "0.4"),
    share_option("astray",
                 "share of the reads and writes that ask a random node first, as with an old slot map",
                 "0.005"),
    once_option("0.3"),
    once_keys_option("20000"),
};

/// Sets the key when it holds the expected value. Answers [1], or [0, what it held] and nothing happened.
/// Runs atomically on the server.
constexpr std::string_view kCompareAndSet =
    "local seen = redis.call('GET', KEYS[1]) "
    "if seen == ARGV[1] then redis.call('SET', KEYS[1], ARGV[2]) return {1} end return {0, seen}";

/// More than a cluster has: such a number names a node of any.
constexpr std::uint64_t kManyNodes = 1'000'000;

class RegisterWorkload final : public Workload {
 public:
  explicit RegisterWorkload(const WorkloadSetup& setup)
      : recorder_(setup.recorder),
        keys_(setup, "r"),
        once_(setup, "o"),
        final_reads_(setup, keys_, once_),
        offered_(keys_.size()),
        fresh_(setup) {
    // Shares that make more than one together are taken in proportion.
    const double read = setup.options.number("read");
    const double write = setup.options.number("write");
    const double all = std::max(read + write, 1.0);
    read_ = read / all;
    astray_ = setup.options.number("astray");
    read_or_write_ = (read + write) / all;
  }

  Operation next(std::int32_t process, Prng& prng) override {
    const Operation op = once_.turn(prng) ? next_once(prng) : next_of_many(prng);
    first_.erase(process);
    if (op.function != Function::kCas && astray_ > 0 && prng.chance(astray_))
      first_[process] = prng.below(kManyNodes);
    return op;
  }

  Task<Operation> invoke(Client& client, Operation op) override {
    const std::string& key = keys_.has(op.key) ? keys_.text(op.key) : once_.text(op.key);
    if (op.function == Function::kRead) {
      const std::string_view command[] = {"GET", key};
      take_read(op, co_await client.command(key, command, first_asked(client, op.process)));
    } else if (op.function == Function::kWrite) {
      const std::string value = decimal(op.argument);
      const std::string_view command[] = {"SET", key, value};
      take_write(op, co_await client.command(key, command, first_asked(client, op.process)));
    } else {
      const std::vector<Value> pair = recorder_.elements(op.argument);
      const std::string expected = decimal(pair[0]);
      const std::string desired = decimal(pair[1]);
      const std::string_view command[] = {"EVAL", kCompareAndSet, "1", key, expected, desired};
      take_compare_and_set(op, co_await client.command(key, command), recorder_);
    }
    co_return op;
  }

  void retired(std::int32_t process) override { first_.erase(process); }

  std::optional<Operation> next_final(const FinalTurn&) override { return final_reads_.next(); }

 private:
  Operation next_once(Prng& prng) {
    Operation op;
    if (once_.next(op, prng)) {
      op.function = Function::kWrite;
      op.argument = fresh_.next();
    }
    return op;
  }

  Operation next_of_many(Prng& prng) {
    const std::size_t key = keys_.draw(prng);
    Operation op;
    op.key = keys_.number(key);
    const double kind = prng.unit();
    if (kind < read_) return op;
    const Value expected = offered_[key];  // the value offered last is the one most likely to be found
    const Value desired = offered_[key] = fresh_.next();
    if (kind < read_or_write_ || expected.is_nil()) {
      op.function = Function::kWrite;
      op.argument = desired;
    } else {
      op.function = Function::kCas;
      const Value pair[] = {expected, desired};
      op.argument = recorder_.list(pair);
    }
    return op;
  }

  /// The node that the process's operation asks first; -1: the one that serves the key.
  int first_asked(Client& client, std::int32_t process) {
    const auto drawn = first_.extract(process);
    return drawn.empty() ? -1 : static_cast<int>(drawn.mapped() % client.group().nodes().size());
  }

  void take_read(Operation& op, const Answer& answer) const {
    if (!take_answer(op, answer, recorder_)) return;
    const bool sound = answer.reply->type == REDIS_REPLY_STRING || answer.reply->type == REDIS_REPLY_NIL;
    if (!sound) return unexpected_reply(op, recorder_);
    op.result = *value_of(*answer.reply, recorder_);
  }

  void take_write(Operation& op, const Answer& answer) const {
    if (!take_answer(op, answer, recorder_)) return;
    if (!is_ok(*answer.reply)) return unexpected_reply(op, recorder_);
    op.result = op.argument;
  }

  Recorder& recorder_;
  double read_ = 0;
  double read_or_write_ = 0;
  double astray_ = 0;
  KeySet keys_;
  OnceKeys once_;
  FinalReads final_reads_;
  std::vector<Value> offered_;                             // by key: the newest value offered
  std::unordered_map<std::int32_t, std::uint64_t> first_;  // by process: what draws the node, of those astray
  FreshValues fresh_;
};

}  // namespace

std::span<const Parameter> register_options() {
  return kRegisterOptions;
}

std::unique_ptr<Workload> make_register_workload(const WorkloadSetup& setup) {
  return std::make_unique<RegisterWorkload>(setup);
}

}  // namespace harness
