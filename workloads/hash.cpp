#include "workloads/hash.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "workloads/answers.h"
#include "workloads/keys.h"

namespace harness {
namespace {

constexpr Parameter kHashOptions[] = {
    keys_option("12"),
    kHotKeysOption,
    kHotShareOption,
    {"fields", Parameter::Kind::kInteger, "of each hash", "", "8", 1, 100'000},
    share_option("read", "share of reads", "0.5"),
    share_option("read-all", "of the reads, those that fetch the whole hash", "0.2"),
    share_option("write", "share of writes; the rest is compare-and-set", "0.4"),
    kOnceOption,
    kOnceKeysOption,
};

constexpr std::string_view kHashCompareAndSet =
    "local seen = redis.call('HGET', KEYS[1], ARGV[1]) "
    "if seen == ARGV[2] then redis.call('HSET', KEYS[1], ARGV[1], ARGV[3]) return {1} end return {0, seen}";

/// "{hash:h3}.f2" taken apart.
struct Place {
  std::string_view hash;
  std::string_view field;
};

Place place_of(std::string_view key) {
  const auto end = key.find('}');
  return {key.substr(1, end - 1), key.substr(end + 2)};
}

WorkloadSetup in_braces(WorkloadSetup setup) {
  setup.prefix = "{" + setup.prefix;
  return setup;
}

class HashWorkload final : public Workload {
 public:
  explicit HashWorkload(const WorkloadSetup& setup)
      : recorder_(setup.recorder),
        read_all_(setup.options.number("read-all")),
        hashes_(setup, "h"),
        once_(in_braces(setup), "o", "}.f0"),
        fresh_(setup) {
    const double read = setup.options.number("read");
    const double write = setup.options.number("write");
    const double all = std::max(read + write, 1.0);
    read_ = read / all;
    read_or_write_ = (read + write) / all;
    const auto fields = setup.options.integer("fields");
    for (std::size_t hash = 0; hash < hashes_.size(); ++hash)
      for (std::int64_t field = 0; field < fields; ++field) add_register(hash, field);
    fields_ = static_cast<std::size_t>(fields);
    for (std::size_t i = static_cast<std::size_t>(setup.share); i < registers_.size();
         i += static_cast<std::size_t>(setup.shares))
      final_.push_back(registers_[i].key);
  }

  Operation next(std::int32_t process, Prng& prng) override {
    Operation op = once_.turn(prng) ? next_once(prng) : next_of_many(prng);
    if (op.function == Function::kRead) whole_[process] = prng.chance(read_all_);
    return op;
  }

  Task<Operation> invoke(Client& client, Operation op) override {
    const std::string& key = texts_.contains(op.key) ? texts_.at(op.key) : once_.text(op.key);
    const std::string hash(place_of(key).hash);
    const std::string field(place_of(key).field);
    if (op.function == Function::kRead) {
      const auto whole = whole_.find(op.process);
      if (whole != whole_.end() && whole->second)
        take_field(op, field, co_await get_all(client, hash));
      else
        take_read(op, co_await get(client, hash, field));
    } else if (op.function == Function::kWrite) {
      const std::string value = decimal(op.argument);
      const std::string_view command[] = {"HSET", hash, field, value};
      take_write(op, co_await client.command(hash, command));
    } else {
      const std::vector<Value> pair = recorder_.elements(op.argument);
      const std::string expected = decimal(pair[0]);
      const std::string desired = decimal(pair[1]);
      const std::string_view command[] = {"EVAL", kHashCompareAndSet, "1", hash, field, expected, desired};
      take_compare_and_set(op, co_await client.command(hash, command), recorder_);
    }
    co_return op;
  }

  void retired(std::int32_t process) override { whole_.erase(process); }

  std::optional<Operation> next_final(const FinalTurn&) override {
    Operation read;
    if (next_final_ < final_.size())
      read.key = final_[next_final_++];
    else if (next_once_ < once_.size())
      read.key = once_.number(next_once_++);
    else
      return std::nullopt;
    return read;
  }

 private:
  struct Register {
    std::uint32_t key = 0;
    Value offered;  // the newest value offered
  };

  void add_register(std::size_t hash, std::int64_t field) {
    std::string text = "{" + hashes_.text(hashes_.number(hash)) + "}.f" + std::to_string(field);
    registers_.push_back({recorder_.key(text), {}});
    texts_.emplace(registers_.back().key, std::move(text));
  }

  Operation next_once(Prng& prng) {
    Operation op;
    if (once_.next(op, prng)) {
      op.function = Function::kWrite;
      op.argument = fresh_.next();
    }
    return op;
  }

  Operation next_of_many(Prng& prng) {
    Register& field = registers_[hashes_.draw(prng) * fields_ + prng.below(fields_)];
    Operation op;
    op.key = field.key;
    const double kind = prng.unit();
    if (kind < read_) return op;
    const Value expected = field.offered;
    field.offered = fresh_.next();
    if (kind < read_or_write_ || expected.is_nil()) {
      op.function = Function::kWrite;
      op.argument = field.offered;
    } else {
      op.function = Function::kCas;
      const Value pair[] = {expected, field.offered};
      op.argument = recorder_.list(pair);
    }
    return op;
  }

  Task<Answer> get(Client& client, const std::string& hash, const std::string& field) {
    const std::string_view command[] = {"HGET", hash, field};
    co_return co_await client.command(hash, command);
  }
  Task<Answer> get_all(Client& client, const std::string& hash) {
    const std::string_view command[] = {"HGETALL", hash};
    co_return co_await client.command(hash, command);
  }

  void take_read(Operation& op, const Answer& answer) const {
    if (!take_answer(op, answer, recorder_)) return;
    const auto value = value_of(*answer.reply, recorder_);
    if (!value || answer.reply->type == REDIS_REPLY_INTEGER) return unexpected_reply(op, recorder_);
    op.result = *value;
  }

  /// The field among fields and values in turn.
  void take_field(Operation& op, std::string_view field, const Answer& answer) const {
    if (!take_answer(op, answer, recorder_)) return;
    const redisReply& reply = *answer.reply;
    if (reply.type != REDIS_REPLY_ARRAY || reply.elements % 2 != 0) return unexpected_reply(op, recorder_);
    for (std::size_t i = 0; i < reply.elements; i += 2) {
      if (text_of(*reply.element[i]) != field) continue;
      const auto value = value_of(*reply.element[i + 1], recorder_);
      if (!value) return unexpected_reply(op, recorder_);
      op.result = *value;
    }
  }

  void take_write(Operation& op, const Answer& answer) const {
    if (!take_answer(op, answer, recorder_)) return;
    if (answer.reply->type != REDIS_REPLY_INTEGER) return unexpected_reply(op, recorder_);
    op.result = op.argument;
  }

  Recorder& recorder_;
  double read_ = 0;
  double read_or_write_ = 0;
  double read_all_;
  KeySet hashes_;
  OnceKeys once_;
  std::size_t fields_ = 0;
  std::vector<Register> registers_;  // the fields of hash 0, of hash 1, ...
  std::unordered_map<std::uint32_t, std::string> texts_;
  std::unordered_map<std::int32_t, bool> whole_;  // by process: of the read that it offered
  FreshValues fresh_;
  std::vector<std::uint32_t> final_;  // this share of the fields
  std::size_t next_final_ = 0;
  std::size_t next_once_ = 0;
};

}  // namespace

std::span<const Parameter> hash_options() {
  return kHashOptions;
}

std::unique_ptr<Workload> make_hash_workload(const WorkloadSetup& setup) {
  return std::make_unique<HashWorkload>(setup);
}

}  // namespace harness
