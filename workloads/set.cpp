#include "workloads/set.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "harness/client/session.h"
#include "workloads/answers.h"
#include "workloads/keys.h"

namespace harness {
namespace {

constexpr Parameter kSetOptions[] = {
    keys_option("12"),
    kHotKeysOption,
    kHotShareOption,
    {"elements", Parameter::Kind::kInteger,
     "so many are offered to a set by each thread, then it is only read", "", "100", 1, 1'000'000},
    share_option("read", "share of reads", "0.2"),
    share_option("remove", "share of SREM, of an element that was offered lately", "0"),
    share_option("read-old", "of the reads, those of sets that take no more", "0.3"),
    {"scan", Parameter::Kind::kFlag, "the final reads are by SSCAN, in chunks", "", "true"},
};

class SetWorkload final : public Workload {
 public:
  explicit SetWorkload(const WorkloadSetup& setup)
      : recorder_(setup.recorder),
        read_(setup.options.number("read")),
        remove_(setup.options.number("remove")),
        read_old_(setup.options.number("read-old")),
        scan_(setup.options.flag("scan")),
        sets_(setup, "s", "elements"),
        fresh_(setup) {}

  Operation next(std::int32_t, Prng& prng) override {
    Operation op;
    if (prng.chance(read_)) {
      const bool old = prng.chance(read_old_);
      op.key = old ? sets_.number(prng.below(sets_.size())) : sets_.current(sets_.draw(prng));
      return op;
    }
    if (!recent_.empty() && prng.chance(remove_)) {
      std::swap(recent_[prng.below(recent_.size())], recent_.back());
      op.function = Function::kRemove;
      op.key = recent_.back().key;
      op.argument = recent_.back().argument;
      recent_.pop_back();
      return op;
    }
    op.function = Function::kAdd;
    op.key = sets_.use(sets_.draw(prng));
    op.argument = fresh_.next();
    if (remove_ > 0) recent_.push_back(op);
    return op;
  }

  Task<Operation> invoke(Client& client, Operation op) override {
    const std::string& key = sets_.text(op.key);
    if (op.function == Function::kRead) {
      if (final_ && scan_) co_return co_await scan(client, op);
      const std::string_view command[] = {"SMEMBERS", key};
      take_read(op, co_await client.command(key, command));
      co_return op;
    }
    const std::string element = std::to_string(op.argument.as_integer());
    const bool removes = op.function == Function::kRemove;
    const std::string_view command[] = {removes ? "SREM" : "SADD", key, element};
    const Answer answer = co_await client.command(key, command);
    if (!take_answer(op, answer, recorder_)) co_return op;
    const bool added = answer.reply->type == REDIS_REPLY_INTEGER && answer.reply->integer == 1;
    // 0: the element, never offered before, was there already.
    if (added)
      op.result = op.argument;
    else if (removes && answer.reply->type == REDIS_REPLY_INTEGER)
      op.outcome = Outcome::kFail;  // no error: it was not there
    else
      unexpected_reply(op, recorder_);
    co_return op;
  }

  std::optional<Operation> next_final(const FinalTurn&) override {
    final_ = true;
    if (next_final_ == sets_.size()) return std::nullopt;
    Operation read;
    read.key = sets_.number(next_final_++);
    return read;
  }

 private:
  /// Nobody adds any more, so the chunks together are the set at any moment of the read.
  Task<Operation> scan(Client& client, Operation op) {
    const std::string& key = sets_.text(op.key);
    Session session(client, key);
    std::vector<Value> elements;
    std::string cursor = "0";
    do {
      const std::string_view command[] = {"SSCAN", key, cursor, "COUNT", "40"};
      const Answer answer = co_await session.command(command);
      if (!take_answer(op, answer, recorder_)) co_return op;
      if (!take_chunk(*answer.reply, cursor, elements)) {
        unexpected_reply(op, recorder_);
        co_return op;
      }
    } while (cursor != "0");
    // An element may come twice when the table is resized between the chunks.
    op.result = sorted(std::move(elements), true);
    co_return op;
  }

  bool take_chunk(const redisReply& reply, std::string& cursor, std::vector<Value>& elements) const {
    if (reply.type != REDIS_REPLY_ARRAY || reply.elements != 2) return false;
    const auto next = text_of(*reply.element[0]);
    const auto chunk = values_of(*reply.element[1], recorder_);
    if (!next || !chunk) return false;
    cursor = *next;
    elements.insert(elements.end(), chunk->begin(), chunk->end());
    return true;
  }

  void take_read(Operation& op, const Answer& answer) const {
    if (!take_answer(op, answer, recorder_)) return;
    auto elements = values_of(*answer.reply, recorder_);
    if (!elements) return unexpected_reply(op, recorder_);
    op.result = sorted(std::move(*elements), false);
  }

  Value sorted(std::vector<Value> elements, bool once) const {
    std::sort(elements.begin(), elements.end(), [](Value a, Value b) {
      return static_cast<std::int64_t>(a.bits()) < static_cast<std::int64_t>(b.bits());
    });
    if (once) elements.erase(std::unique(elements.begin(), elements.end()), elements.end());
    return recorder_.list(elements);
  }

  Recorder& recorder_;
  double read_;
  double remove_;
  double read_old_;
  bool scan_;
  RollingKeys sets_;
  std::vector<Operation> recent_;  // adds whose element was not removed
  FreshValues fresh_;
  bool final_ = false;
  std::size_t next_final_ = 0;
};

}  // namespace

std::span<const Parameter> set_options() {
  return kSetOptions;
}

std::unique_ptr<Workload> make_set_workload(const WorkloadSetup& setup) {
  return std::make_unique<SetWorkload>(setup);
}

}  // namespace harness
