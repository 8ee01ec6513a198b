#include "workloads/wr.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "harness/client/session.h"
#include "workloads/answers.h"
#include "workloads/keys.h"
#include "workloads/micro_operations.h"

namespace harness {
namespace {

constexpr Parameter kWrOptions[] = {
    keys_option("12"),
    kHotKeysOption,
    kHotShareOption,
    {"registers", Parameter::Kind::kInteger, "of each slot in use", "", "4", 1, 1000},
    {"length", Parameter::Kind::kInteger, "reads and writes of a transaction, at most", "", "4", 1, 100},
    share_option("read", "of them, those that read", "0.5"),
    share_option("script", "of the transactions, those by script", "0.3"),
    share_option("watch", "of the others, those by WATCH and EXEC; the rest is MULTI and EXEC", "0.6"),
};

/// KEYS[i] is read when ARGV[i] is empty, else written; the last key counts the transactions that wrote.
constexpr std::string_view kTransaction =
    "local replies, wrote = {}, false "
    "for i = 1, #KEYS - 1 do "
    "if ARGV[i] == '' then replies[i] = redis.call('GET', KEYS[i]) "
    "else replies[i] = redis.call('SET', KEYS[i], ARGV[i]) wrote = true end end "
    "replies[#KEYS] = redis.call(wrote and 'INCR' or 'GET', KEYS[#KEYS]) "
    "return replies";

class WrWorkload final : public Workload {
 public:
  explicit WrWorkload(const WorkloadSetup& setup)
      : recorder_(setup.recorder),
        registers_(static_cast<std::size_t>(setup.options.integer("registers"))),
        length_(setup.options.integer("length")),
        read_(setup.options.number("read")),
        script_(setup.options.number("script")),
        watch_(setup.options.number("watch")),
        micros_(recorder_, "w"),
        state_(recorder_.text("state")),
        tags_(setup, "t"),
        fresh_(setup),
        next_final_(static_cast<std::size_t>(setup.share)),
        final_step_(static_cast<std::size_t>(setup.shares)) {
    for (std::size_t tag = 0; tag < tags_.size(); ++tag)
      for (std::size_t i = 0; i < registers_; ++i) add_register(tag, i);
  }

  Operation next(std::int32_t process, Prng& prng) override {
    const std::size_t tag = tags_.draw(prng);
    std::vector<Value> micros;
    const std::int64_t length = prng.between(1, length_);
    for (std::int64_t i = 0; i < length; ++i) {
      const Value name = names_[tag][prng.below(registers_)];
      micros.push_back(prng.chance(read_) ? micros_.read(name) : micros_.change(name, fresh_.next()));
    }
    means_[process] = prng.chance(script_)  ? Means::kScript
                      : prng.chance(watch_) ? Means::kWatch
                                            : Means::kMulti;
    return micros_.transaction(tags_.number(tag), micros);
  }

  Task<Operation> invoke(Client& client, Operation op) override {
    const auto means = means_.find(op.process);
    if (means == means_.end() || means->second == Means::kMulti) return by_multi(client, op);
    return means->second == Means::kScript ? by_script(client, op) : by_watch(client, op);
  }

  void retired(std::int32_t process) override { means_.erase(process); }

  /// All registers of a tag in one transaction; the shares deal the tags.
  std::optional<Operation> next_final(const FinalTurn&) override {
    if (next_final_ >= tags_.size()) return std::nullopt;
    const std::size_t tag = next_final_;
    next_final_ += final_step_;
    std::vector<Value> micros;
    for (const Value name : names_[tag]) micros.push_back(micros_.read(name));
    return micros_.transaction(tags_.number(tag), micros);
  }

 private:
  enum class Means { kMulti, kWatch, kScript };

  void add_register(std::size_t tag, std::size_t place) {
    if (names_.size() <= tag) names_.resize(tag + 1);
    const std::string name = "{" + tags_.text(tags_.number(tag)) + "}." + std::to_string(place);
    names_[tag].push_back(micros_.name(name));
  }

  static bool writes(const std::vector<MicroOperation>& micros) {
    return std::any_of(micros.begin(), micros.end(),
                       [](const MicroOperation& micro) { return !micro.reads(); });
  }
  std::string state_key(const Operation& op) const { return "{" + tags_.text(op.key) + "}.state"; }
  void add_state(const Operation& op, const std::vector<MicroOperation>& micros, Commands& body) const {
    body.add({writes(micros) ? "INCR" : "GET", state_key(op)});
  }

  Task<Operation> by_multi(Client& client, Operation op) {
    const std::vector<MicroOperation> micros = micros_.of(op);
    Commands body;
    for (const MicroOperation& micro : micros) {
      if (micro.reads())
        body.add({"GET", micro.name});
      else
        body.add({"SET", micro.name, micro.value});
    }
    add_state(op, micros, body);
    Session session(client, micros.front().name);
    take_replies(op, co_await session.transaction(body));
    co_return op;
  }

  Task<Operation> by_script(Client& client, Operation op) {
    const std::vector<MicroOperation> micros = micros_.of(op);
    const std::string count = std::to_string(micros.size() + 1);
    const std::string state = state_key(op);
    std::vector<std::string_view> command = {"EVAL", kTransaction, count};
    for (const MicroOperation& micro : micros) command.push_back(micro.name);
    command.push_back(state);
    for (const MicroOperation& micro : micros) command.push_back(micro.value);
    take_replies(op, co_await client.command(micros.front().name, command));
    co_return op;
  }

  /// Reads come first, of keys that are watched; EXEC is carried out only if they are still true.
  Task<Operation> by_watch(Client& client, Operation op) {
    const std::vector<MicroOperation> micros = micros_.of(op);
    std::vector<std::string> read;
    for (const MicroOperation& micro : micros)
      if (micro.reads() && std::find(read.begin(), read.end(), micro.name) == read.end())
        read.push_back(micro.name);
    if (read.empty()) co_return co_await by_multi(client, op);
    Session session(client, micros.front().name);
    const Answer watched = co_await session.watch(read);
    if (!not_yet(op, watched)) co_return op;
    std::vector<std::string_view> get = {"MGET"};
    get.insert(get.end(), read.begin(), read.end());
    const Answer got = co_await session.command(get);
    if (!not_yet(op, got)) co_return op;
    const auto values = values_of(*got.reply, recorder_);
    Commands body;
    for (const MicroOperation& micro : micros)
      if (!micro.reads()) body.add({"SET", micro.name, micro.value});
    add_state(op, micros, body);
    const Answer answer = co_await session.transaction(body);
    if (!take_answer(op, answer, recorder_)) co_return op;
    const redisReply& exec = *answer.reply;
    const auto state =
        exec.type == REDIS_REPLY_ARRAY && exec.elements == static_cast<std::size_t>(body.size())
            ? state_of(*exec.element[exec.elements - 1])
            : std::nullopt;
    if (!state || !values || values->size() != read.size()) {
      unexpected_reply(op, recorder_);
      co_return op;
    }
    std::map<std::string, Value> now;
    for (std::size_t i = 0; i < read.size(); ++i) now[read[i]] = (*values)[i];
    op.result = told(op, micros, now, *state);
    co_return op;
  }

  /// Until EXEC is sent nothing can have been applied: what is not answered by then is a failure.
  bool not_yet(Operation& op, const Answer& answer) const {
    if (take_answer(op, answer, recorder_)) return true;
    op.outcome = Outcome::kFail;
    return false;
  }

  /// What the transaction saw, when its reads saw `now` and then what it had written itself.
  Value told(const Operation& op, const std::vector<MicroOperation>& micros,
             std::map<std::string, Value>& now, Value state) const {
    std::vector<Value> done = recorder_.elements(op.argument);
    for (std::size_t i = 0; i < micros.size(); ++i) {
      std::vector<Value> parts = recorder_.elements(done[i]);
      if (micros[i].reads())
        parts[2] = now[micros[i].name];
      else
        now[micros[i].name] = parts[2];
      done[i] = recorder_.list(parts);
    }
    done.push_back(state);
    return recorder_.list(done);
  }

  /// ["state", n]; nothing when the reply is no count.
  std::optional<Value> state_of(const redisReply& reply) const {
    const auto count = value_of(reply, recorder_);
    if (!count || !(count->is_nil() || count->is_integer())) return std::nullopt;
    const Value parts[] = {state_, count->is_nil() ? Value::integer(0) : *count};
    return recorder_.list(parts);
  }

  void take_replies(Operation& op, const Answer& answer) const {
    if (!take_answer(op, answer, recorder_)) return;
    std::vector<Value> done = recorder_.elements(op.argument);
    const redisReply& replies = *answer.reply;
    if (replies.type != REDIS_REPLY_ARRAY || replies.elements != done.size() + 1)
      return unexpected_reply(op, recorder_);
    for (std::size_t i = 0; i < done.size(); ++i) {
      std::vector<Value> parts = recorder_.elements(done[i]);
      const redisReply& reply = *replies.element[i];
      const auto seen = micros_.changes(parts) ? std::optional(parts[2]) : value_of(reply, recorder_);
      if (!seen || (micros_.changes(parts) && !is_ok(reply))) return unexpected_reply(op, recorder_);
      parts[2] = *seen;
      done[i] = recorder_.list(parts);
    }
    const auto state = state_of(*replies.element[done.size()]);
    if (!state) return unexpected_reply(op, recorder_);
    done.push_back(*state);
    op.result = recorder_.list(done);
  }

  Recorder& recorder_;
  std::size_t registers_;
  std::int64_t length_;
  double read_;
  double script_;
  double watch_;
  MicroOperations micros_;
  Value state_;
  KeySet tags_;
  std::vector<std::vector<Value>> names_;          // of the registers, by tag
  std::unordered_map<std::int32_t, Means> means_;  // by process: of the transaction that it offered
  FreshValues fresh_;
  std::size_t next_final_;
  std::size_t final_step_;
};

}  // namespace

std::span<const Parameter> wr_options() {
  return kWrOptions;
}

std::unique_ptr<Workload> make_wr_workload(const WorkloadSetup& setup) {
  return std::make_unique<WrWorkload>(setup);
}

}  // namespace harness
