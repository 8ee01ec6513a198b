#include "workloads/append.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "harness/client/session.h"
#include "harness/client/transaction_by_hand.h"
#include "workloads/answers.h"
#include "workloads/keys.h"
#include "workloads/micro_operations.h"

namespace harness {
namespace {

constexpr Parameter kAppendOptions[] = {
    keys_option("12"),
    kHotKeysOption,
    kHotShareOption,
    {"lists", Parameter::Kind::kInteger, "in use at a time in each slot", "", "3", 1, 1000},
    {"appends", Parameter::Kind::kInteger, "so many are offered to a list by each thread, then no more", "",
     "40", 1, 100'000},
    {"length", Parameter::Kind::kInteger, "micro-operations of a transaction, at most", "", "5", 1, 100},
    share_option("read", "of the micro-operations, those that read", "0.5"),
    share_option("script", "of the transactions, those by script; the others are MULTI and EXEC", "0.4"),
    share_option("slow", "of those by MULTI, those that wait before EXEC", "0.1"),
    {"pause", Parameter::Kind::kInteger, "the longest wait before EXEC", "ms", "100", 1, 60'000},
};

/// KEYS[i] is read when ARGV[i] is empty, else appended to. Answers as EXEC does.
constexpr std::string_view kAppendTransaction =
    "local replies = {} "
    "for i, key in ipairs(KEYS) do "
    "if ARGV[i] == '' then replies[i] = redis.call('LRANGE', key, 0, -1) "
    "else replies[i] = redis.call('RPUSH', key, ARGV[i]) end end "
    "return replies";

class AppendWorkload final : public Workload {
 public:
  explicit AppendWorkload(const WorkloadSetup& setup)
      : recorder_(setup.recorder),
        appends_(static_cast<std::size_t>(setup.options.integer("appends"))),
        length_(setup.options.integer("length")),
        read_(setup.options.number("read")),
        script_(setup.options.number("script")),
        slow_(setup.options.number("slow")),
        pause_(setup.options.integer("pause")),
        micros_(recorder_, "append"),
        tags_(setup, "l"),
        fresh_(setup) {
    const auto lists = static_cast<std::size_t>(setup.options.integer("lists"));
    lists_.resize(tags_.size());
    for (std::size_t tag = 0; tag < tags_.size(); ++tag)
      for (std::size_t i = 0; i < lists; ++i) lists_[tag].push_back(begin(tag, i, 0));
  }

  Operation next(std::int32_t process, Prng& prng) override {
    const std::size_t tag = tags_.draw(prng);
    std::vector<Value> micros;
    const std::int64_t length = prng.between(1, length_);
    for (std::int64_t i = 0; i < length; ++i) {
      const std::size_t list = prng.below(lists_[tag].size());
      micros.push_back(prng.chance(read_) ? micros_.read(lists_[tag][list].name) : append_to(tag, list));
    }
    means_[process] = draw_means(prng);
    return micros_.transaction(tags_.number(tag), micros);
  }

  Task<Operation> invoke(Client& client, Operation op) override {
    const auto known = means_.find(op.process);
    const Means means = known == means_.end() ? Means{} : known->second;
    return means.script ? by_script(client, op) : by_multi(client, op, means.pause);
  }

  void retired(std::int32_t process) override { means_.erase(process); }

  /// Each list that this share knows, by a transaction of its own.
  std::optional<Operation> next_final(const FinalTurn&) override {
    if (next_final_ == all_.size()) return std::nullopt;
    const auto& [tag, list] = all_[next_final_++];
    const Value read[] = {micros_.read(list)};
    return micros_.transaction(tags_.number(tag), read);
  }

 private:
  /// How a transaction is carried out.
  struct Means {
    bool script = false;
    std::chrono::milliseconds pause{0};  // before EXEC
  };

  struct List {
    Value name;
    std::size_t generation = 0;
    std::size_t appends = 0;
  };

  List begin(std::size_t tag, std::size_t place, std::size_t generation) {
    const std::string name =
        "{" + tags_.text(tags_.number(tag)) + "}." + std::to_string(place) + "." + std::to_string(generation);
    all_.emplace_back(tag, micros_.name(name));
    return {all_.back().second, generation, 0};
  }

  Value append_to(std::size_t tag, std::size_t place) {
    List& list = lists_[tag][place];
    if (list.appends++ >= appends_) {
      list = begin(tag, place, list.generation + 1);
      ++list.appends;
    }
    return micros_.change(list.name, fresh_.next());
  }

  Means draw_means(Prng& prng) {
    Means means;
    means.script = prng.chance(script_);
    if (!means.script && prng.chance(slow_)) means.pause = std::chrono::milliseconds(prng.between(1, pause_));
    return means;
  }

  Task<Operation> by_multi(Client& client, Operation op, std::chrono::milliseconds pause) {
    const std::vector<MicroOperation> micros = micros_.of(op);
    Commands body;
    if (pause.count() > 0) body.add({"MULTI"});
    for (const MicroOperation& micro : micros) {
      if (micro.reads())
        body.add({"LRANGE", micro.name, "0", "-1"});
      else
        body.add({"RPUSH", micro.name, micro.value});
    }
    if (pause.count() > 0) {
      take_replies(op, co_await transaction_by_hand(client, micros.front().name, body, pause));
      co_return op;
    }
    Session session(client, micros.front().name);
    take_replies(op, co_await session.transaction(body));
    co_return op;
  }

  Task<Operation> by_script(Client& client, Operation op) {
    const std::vector<MicroOperation> micros = micros_.of(op);
    const std::string count = std::to_string(micros.size());
    std::vector<std::string_view> command = {"EVAL", kAppendTransaction, count};
    for (const MicroOperation& micro : micros) command.push_back(micro.name);
    for (const MicroOperation& micro : micros) command.push_back(micro.value);
    take_replies(op, co_await client.command(micros.front().name, command));
    co_return op;
  }

  void take_replies(Operation& op, const Answer& answer) const {
    if (!take_answer(op, answer, recorder_)) return;
    const std::vector<Value> micros = recorder_.elements(op.argument);
    const redisReply& replies = *answer.reply;
    if (replies.type != REDIS_REPLY_ARRAY || replies.elements != micros.size())
      return unexpected_reply(op, recorder_);
    std::vector<Value> done;
    for (std::size_t i = 0; i < micros.size(); ++i) {
      const auto micro = completed(micros[i], *replies.element[i]);
      if (!micro) return unexpected_reply(op, recorder_);
      done.push_back(*micro);
    }
    op.result = recorder_.list(done);
  }

  /// Nothing when the reply is none of the command's.
  std::optional<Value> completed(Value micro, const redisReply& reply) const {
    std::vector<Value> parts = recorder_.elements(micro);
    if (micros_.changes(parts)) {
      if (reply.type != REDIS_REPLY_INTEGER) return std::nullopt;
      return micro;
    }
    const auto list = list_of(reply, recorder_);
    if (!list) return std::nullopt;
    parts[2] = *list;
    return recorder_.list(parts);
  }

  Recorder& recorder_;
  std::size_t appends_;
  std::int64_t length_;
  double read_;
  double script_;
  double slow_;
  std::int64_t pause_;
  MicroOperations micros_;
  KeySet tags_;
  std::vector<std::vector<List>> lists_;            // in use, by tag
  std::vector<std::pair<std::size_t, Value>> all_;  // every list with its tag, in order of first use
  std::unordered_map<std::int32_t, Means> means_;   // by process: of the transaction that it offered
  FreshValues fresh_;
  std::size_t next_final_ = 0;
};

}  // namespace

std::span<const Parameter> append_options() {
  return kAppendOptions;
}

std::unique_ptr<Workload> make_append_workload(const WorkloadSetup& setup) {
  return std::make_unique<AppendWorkload>(setup);
}

}  // namespace harness
