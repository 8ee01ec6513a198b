#include "workloads/expiry.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <unordered_map>

#include "harness/client/pause.h"
#include "harness/client/session.h"
#include "workloads/answers.h"
#include "workloads/keys.h"

namespace harness {
namespace {

constexpr Parameter kExpiryOptions[] = {
    share_option("write", "share of writes, each of a fresh key", "0.15"),
    share_option("stay", "of the keys, those that never expire", "0.1"),
    {"ttl-min", Parameter::Kind::kInteger, "the shortest time to live", "ms", "300", 20, 600'000},
    {"ttl-max", Parameter::Kind::kInteger, "the longest", "ms", "6000", 20, 600'000},
    share_option("long", "of the keys, those that outlive the run", "0.1"),
    {"ttl-long", Parameter::Kind::kInteger, "their time to live", "ms", "3600000", 20, 86'400'000},
    share_option("replica", "share of reads at any node in READONLY mode", "0.1"),
    share_option("ask", "share of reads that ask (PTTL) how long the key has still to live", "0.2"),
    {"recent", Parameter::Kind::kInteger, "reads are of the keys written last, so many", "", "600", 1,
     1'000'000},
    {"keys", Parameter::Kind::kInteger, "at most so many; then they are only read", "", "20000", 1,
     10'000'000},
    {"final", Parameter::Kind::kInteger, "at most so many are read in the end, those that stay apart", "",
     "3000", 0, 10'000'000},
};

class ExpiryWorkload final : public Workload {
 public:
  explicit ExpiryWorkload(const WorkloadSetup& setup)
      : recorder_(setup.recorder),
        prefix_(setup.prefix),
        write_(setup.options.number("write")),
        stay_(setup.options.number("stay")),
        ttl_min_(setup.options.integer("ttl-min")),
        ttl_max_(std::max(ttl_min_, setup.options.integer("ttl-max"))),
        long_(setup.options.number("long")),
        ttl_long_(setup.options.integer("ttl-long")),
        replica_(setup.options.number("replica")),
        ask_(setup.options.number("ask")),
        recent_(static_cast<std::size_t>(setup.options.integer("recent"))),
        most_(static_cast<std::size_t>(setup.options.integer("keys") / setup.shares)),
        final_most_(static_cast<std::size_t>(setup.options.integer("final") / setup.shares)),
        next_(setup.share + 1),
        step_(setup.shares) {}

  Operation next(std::int32_t, Prng& prng) override {
    Operation op;
    const bool full = numbers_.size() >= most_;
    if (numbers_.empty() || (!full && prng.chance(write_))) return fresh(prng);
    const std::size_t window = std::min(recent_, numbers_.size());
    op.key = numbers_[numbers_.size() - 1 - prng.below(window)];
    if (prng.chance(ask_)) {
      op.function = Function::kOther;
      op.argument = Value::integer(prng.chance(0.5) ? kOwner : any_node(prng));
    } else if (prng.chance(replica_)) {
      op.function = Function::kGet;
      op.argument = Value::integer(any_node(prng));
    }
    return op;
  }

  Task<Operation> invoke(Client& client, Operation op) override {
    const std::string& key = texts_.at(op.key);
    if (op.function == Function::kOther && op.argument.is_nil()) {
      co_await until_all_is_over(client);
      op.outcome = Outcome::kOk;
      co_return op;
    }
    if (op.function != Function::kWrite) co_return co_await read(client, op);
    const std::vector<Value> parts = recorder_.elements(op.argument);
    const std::string value = std::to_string(parts[0].as_integer());
    const std::string ttl = parts.size() > 1 ? std::to_string(parts[1].as_integer()) : "";
    if (parts.size() > 1 && parts[1].as_integer() <= ttl_max_)
      over_ = std::max(over_, std::chrono::steady_clock::now() + client.group().operation_timeout() +
                                  std::chrono::milliseconds(parts[1].as_integer()));
    std::vector<std::string_view> command = {"SET", key, value};
    if (parts.size() > 1) command.insert(command.end(), {"PX", ttl});
    const Answer answer = co_await client.command(key, command);
    if (!take_answer(op, answer, recorder_)) co_return op;
    if (is_ok(*answer.reply))
      op.result = op.argument;
    else
      unexpected_reply(op, recorder_);
    co_return op;
  }

  /// Each worker waits; then all that stay are read, and the latest of the others.
  std::optional<Operation> next_final(const FinalTurn& turn) override {
    Operation read;
    if (!turn.last && !numbers_.empty()) {
      read.function = Function::kOther;
      read.key = numbers_.front();
      return read;
    }
    if (next_stay_ < staying_.size()) {
      read.key = staying_[next_stay_++];
      return read;
    }
    if (next_final_ >= std::min(final_most_, numbers_.size())) return std::nullopt;
    read.key = numbers_[numbers_.size() - 1 - next_final_++];
    return read;
  }

 private:
  static std::int64_t any_node(Prng& prng) { return static_cast<std::int64_t>(prng.below(1'000)); }

  /// By its owner, or what the node that was drawn shows.
  Task<Operation> read(Client& client, Operation op) const {
    const std::string& key = texts_.at(op.key);
    const std::string_view command[] = {op.function == Function::kOther ? "PTTL" : "GET", key};
    if (op.function == Function::kRead || op.argument.as_integer() == kOwner) {
      take_value(op, co_await client.command(key, command));
      co_return op;
    }
    const auto nodes = static_cast<std::int64_t>(client.group().nodes().size());
    Session session(client, static_cast<int>(op.argument.as_integer() % nodes), true);
    take_value(op, co_await session.command(command));
    co_return op;
  }

  void take_value(Operation& op, const Answer& answer) const {
    if (!take_answer(op, answer, recorder_)) return;
    if (const auto value = value_of(*answer.reply, recorder_))
      op.result = *value;
    else
      unexpected_reply(op, recorder_);
  }

  /// Copies of the data are compared in the end: by then nothing may go by itself.
  Task<void> until_all_is_over(Client& client) const { return pause_until(client.group().context(), over_); }

  Operation fresh(Prng& prng) {
    Operation op;
    op.function = Function::kWrite;
    std::string text = prefix_ + "e" + std::to_string(next_);
    op.key = recorder_.key(text);
    const std::int64_t ttl = prng.between(ttl_min_, ttl_max_);
    const double kind = prng.unit();
    const bool stays = kind < stay_;
    const bool outlives = !stays && kind < stay_ + long_;
    const Value parts[] = {Value::integer(next_), Value::integer(outlives ? ttl_long_ : ttl)};
    op.argument = recorder_.list(std::span(parts).first(stays ? 1 : 2));
    next_ += step_;
    numbers_.push_back(op.key);
    if (stays || outlives) staying_.push_back(op.key);
    texts_.emplace(op.key, std::move(text));
    return op;
  }

  static constexpr std::int64_t kOwner = -1;  // in place of the number that chooses a node

  Recorder& recorder_;
  std::string prefix_;
  double write_;
  double stay_;
  std::int64_t ttl_min_;
  std::int64_t ttl_max_;
  double long_;
  std::int64_t ttl_long_;
  double replica_;
  double ask_;
  std::size_t recent_;
  std::size_t most_;
  std::size_t final_most_;
  std::int64_t next_;
  std::int64_t step_;
  std::vector<std::uint32_t> numbers_;  // of all keys, in order
  std::vector<std::uint32_t> staying_;  // of those that stay to the end
  std::unordered_map<std::uint32_t, std::string> texts_;
  std::chrono::steady_clock::time_point over_{};  // by then the time of all others is up
  std::size_t next_stay_ = 0;
  std::size_t next_final_ = 0;
};

}  // namespace

std::span<const Parameter> expiry_options() {
  return kExpiryOptions;
}

std::unique_ptr<Workload> make_expiry_workload(const WorkloadSetup& setup) {
  return std::make_unique<ExpiryWorkload>(setup);
}

}  // namespace harness
