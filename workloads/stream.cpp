#include "workloads/stream.h"

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>

#include "harness/client/session.h"
#include "workloads/answers.h"
#include "workloads/keys.h"

namespace harness {
namespace {

constexpr Parameter kStreamOptions[] = {
    keys_option("12"),
    kHotKeysOption,
    kHotShareOption,
    {"entries", Parameter::Kind::kInteger, "of each stream; then another takes its place", "", "60", 1,
     100'000},
    share_option("add", "share of XADD", "0.35"),
    share_option("read", "share of XRANGE", "0.1"),
    share_option("ack", "share of XACK", "0.25"),
    share_option("reclaim", "share of XAUTOCLAIM; the rest takes new entries", "0.05"),
    {"idle", Parameter::Kind::kInteger, "entries are taken over when nobody touched them for so long", "ms",
     "500", 0, 600'000},
    share_option("block", "of those that take new entries, those that block", "0.2"),
    {"block-time", Parameter::Kind::kInteger, "how long they block at most", "ms", "200", 10, 60'000},
    once_option("0.03"),
    once_keys_option("150"),
};
constexpr std::string_view kGroup = "readers";
/// Of the streams that get one entry, on how many at a time a consumer waits before it comes.
constexpr std::size_t kAwaited = 2;

class StreamWorkload final : public Workload {
 public:
  explicit StreamWorkload(const WorkloadSetup& setup)
      : recorder_(setup.recorder),
        add_(setup.options.number("add")),
        read_(add_ + setup.options.number("read")),
        ack_(read_ + setup.options.number("ack")),
        reclaim_(ack_ + setup.options.number("reclaim")),
        idle_(setup.options.integer("idle")),
        block_(setup.options.number("block")),
        block_time_(setup.options.integer("block-time")),
        streams_(setup, "s", "entries"),
        once_(setup, "o"),
        fresh_(setup) {}

  Operation next(std::int32_t process, Prng& prng) override {
    Operation op;
    if (once_.turn(prng) && next_once(op, process, prng)) return op;
    const std::size_t place = streams_.draw(prng);
    const double kind = prng.unit();
    if (kind < add_) {
      op.function = Function::kEnqueue;
      op.key = streams_.use(place);
      op.argument = fresh_.next();
      return op;
    }
    op.key = streams_.current(place);
    // Some go to a stream that takes no more, so that what is left of it is delivered, too.
    if (prng.chance(0.3)) op.key = streams_.number(prng.below(streams_.size()));
    op.function = kind < read_      ? Function::kRead
                  : kind < ack_     ? Function::kAck
                  : kind < reclaim_ ? Function::kReclaim
                                    : Function::kDequeue;
    // It acknowledges where it took something last.
    if (op.function == Function::kAck) {
      const auto last = last_taken_.find(process);
      if (last != last_taken_.end()) op.key = last->second;
    } else if (op.function != Function::kRead) {
      last_taken_[process] = op.key;
    }
    if (op.function == Function::kDequeue && prng.chance(block_)) op.argument = Value::integer(block_time_);
    return op;
  }

  Task<Operation> invoke(Client& client, Operation op) override {
    switch (op.function) {
      case Function::kEnqueue:
        return add(client, op);
      case Function::kRead:
        return read(client, op);
      case Function::kAck:
        return acknowledge(client, op);
      case Function::kReclaim:
        return reclaim(client, op);
      default:
        return take(client, op);
    }
  }

  void retired(std::int32_t process) override {
    held_.erase(process);
    last_taken_.erase(process);
  }

  /// Each stream: everything new is taken, what others left is taken over once, and all is read.
  std::optional<Operation> next_final(const FinalTurn& turn) override {
    final_ = true;
    const bool nothing = turn.last && turn.last->outcome == Outcome::kOk && turn.last->result.is_nil();
    if (turn.last && turn.last->function == Function::kDequeue)
      return nothing ? finally(Function::kReclaim, turn.last->key)
                     : finally(Function::kDequeue, turn.last->key);
    if (turn.last && turn.last->function == Function::kReclaim && nothing)
      return finally(Function::kRead, turn.last->key);
    if (turn.last && turn.last->function == Function::kReclaim)
      return finally(Function::kAck, turn.last->key);
    if (turn.last && turn.last->function == Function::kAck)
      return finally(Function::kReclaim, turn.last->key);
    if (next_final_ == streams_.size() + once_.size()) return std::nullopt;
    const std::size_t next = next_final_++;
    return finally(Function::kDequeue,
                   next < streams_.size() ? streams_.number(next) : once_.number(next - streams_.size()));
  }

 private:
  /// An entry that a process took and did not acknowledge.
  struct Entry {
    std::string id;
    Value element;
  };

  static Operation finally(Function function, std::uint32_t key) {
    Operation op;
    op.function = function;
    op.key = key;
    return op;
  }
  const std::string& name(const Operation& op) const {
    return once_.has(op.key) ? once_.text(op.key) : streams_.text(op.key);
  }

  /// A consumer waits for the one entry of a stream, and then it comes: where the group stands, and who has
  /// the entry, nothing but that delivery tells a copy. False: there are enough of these.
  bool next_once(Operation& op, std::int32_t process, Prng& prng) {
    if (awaited_.size() >= kAwaited) {
      op.function = Function::kEnqueue;
      op.key = awaited_.front();
      op.argument = fresh_.next();
      awaited_.pop_front();
      return true;
    }
    if (!once_.writes(prng)) return false;
    op.function = Function::kDequeue;
    op.key = last_taken_[process] = once_.fresh();
    op.argument = Value::integer(block_time_);
    awaited_.push_back(op.key);
    return true;
  }

  static std::string consumer(const Operation& op) { return "p" + std::to_string(op.process); }
  std::deque<Entry>& held(const Operation& op) { return held_[op.process][op.key]; }

  /// The group is made with the stream, in one transaction; that it is there already is no error.
  Task<Operation> add(Client& client, Operation op) {
    const std::string& key = name(op);
    const std::string element = std::to_string(op.argument.as_integer());
    Session session(client, key);
    Commands body;
    body.add({"XGROUP", "CREATE", key, kGroup, "0", "MKSTREAM"});
    body.add({"XADD", key, "*", "e", element});
    const Answer answer = co_await session.transaction(body);
    if (!take_answer(op, answer, recorder_)) co_return op;
    const redisReply& exec = *answer.reply;
    const bool sound = exec.type == REDIS_REPLY_ARRAY && exec.elements == 2;
    const auto id = sound ? text_of(*exec.element[1]) : std::nullopt;
    if (!id) {
      unexpected_reply(op, recorder_);
      co_return op;
    }
    const Value told[] = {op.argument, recorder_.text(*id)};
    op.result = recorder_.list(told);
    co_return op;
  }

  Task<Operation> read(Client& client, Operation op) {
    const std::string& key = name(op);
    const std::string_view command[] = {"XRANGE", key, "-", "+"};
    const Answer answer = co_await client.command(key, command);
    if (!take_answer(op, answer, recorder_)) co_return op;
    const redisReply& reply = *answer.reply;
    std::vector<Value> elements;
    for (std::size_t i = 0; reply.type == REDIS_REPLY_ARRAY && i < reply.elements; ++i)
      if (const auto entry = entry_of(*reply.element[i])) elements.push_back(entry->element);
    if (reply.type == REDIS_REPLY_ARRAY && elements.size() == reply.elements)
      op.result = recorder_.list(elements);
    else
      unexpected_reply(op, recorder_);
    co_return op;
  }

  /// What is taken in the final phase is acknowledged at once (NOACK): nobody comes after.
  Task<Operation> take(Client& client, Operation op) {
    const std::string& key = name(op);
    const std::string who = consumer(op);
    const std::string block = std::to_string(block_time_);
    std::vector<std::string_view> command = {"XREADGROUP", "GROUP", kGroup, who, "COUNT", "1"};
    if (op.argument.is_integer()) command.insert(command.end(), {"BLOCK", block});
    if (final_) command.push_back("NOACK");
    command.insert(command.end(), {"STREAMS", key, ">"});
    const Answer answer = co_await as_consumer(client, op, command);
    const redisReply* reply = taken(op, answer);
    if (reply == nullptr || reply->type == REDIS_REPLY_NIL) co_return op;
    const redisReply* entries = reply->type == REDIS_REPLY_ARRAY && reply->elements == 1 &&
                                        reply->element[0]->type == REDIS_REPLY_ARRAY &&
                                        reply->element[0]->elements == 2
                                    ? reply->element[0]->element[1]
                                    : nullptr;
    take_entry(op, entries, !final_);
    co_return op;
  }

  Task<Operation> reclaim(Client& client, Operation op) {
    const std::string& key = name(op);
    const std::string who = consumer(op);
    const std::string idle = std::to_string(final_ ? 0 : idle_);
    const std::string_view command[] = {"XAUTOCLAIM", key, kGroup, who, idle, "0", "COUNT", "1"};
    const Answer answer = co_await as_consumer(client, op, command);
    const redisReply* reply = taken(op, answer);
    if (reply == nullptr) co_return op;
    const bool sound = reply->type == REDIS_REPLY_ARRAY && reply->elements >= 2 &&
                       reply->element[1]->type == REDIS_REPLY_ARRAY;
    if (!sound)
      unexpected_reply(op, recorder_);
    else if (reply->element[1]->elements > 0)
      take_entry(op, reply->element[1], true);
    co_return op;
  }

  /// The consumer is made by a command of its own before it takes something, on the same connection: one that
  /// a command makes by the way stands on the master alone when there is nothing to take. In one transaction,
  /// whose last answer is the command's; what blocks cannot be in one.
  Task<Answer> as_consumer(Client& client, const Operation& op, std::span<const std::string_view> command) {
    const std::string& key = name(op);
    const std::string who = consumer(op);
    const bool blocks = op.argument.is_integer();
    Session session(client, key);
    Commands body;
    // Who waits for the first entry has to make the group.
    if (blocks && once_.has(op.key)) body.add({"XGROUP", "CREATE", key, kGroup, "0", "MKSTREAM"});
    body.add({"XGROUP", "CREATECONSUMER", key, kGroup, who});
    if (!blocks) body.add(command);
    Answer made = co_await session.transaction(body);
    if (!blocks || made.outcome != Outcome::kOk) co_return made;
    co_return co_await session.command(command, std::chrono::milliseconds(block_time_));
  }

  /// The answer of the command itself; null, and the operation says why, when there is none.
  const redisReply* taken(Operation& op, const Answer& answer) const {
    if (!take_answer(op, answer, recorder_)) return absent_when_final(op), nullptr;
    if (op.argument.is_integer()) return answer.reply.get();
    const redisReply& exec = *answer.reply;
    if (exec.type != REDIS_REPLY_ARRAY || exec.elements != 2) return unexpected_reply(op, recorder_), nullptr;
    const redisReply* reply = exec.element[1];
    if (reply->type != REDIS_REPLY_ERROR) return reply;
    const Classification meaning = classify_error_reply({reply->str, reply->len});
    op.outcome = meaning.outcome;
    op.error = recorder_.error(meaning.reason);
    return absent_when_final(op), nullptr;
  }

  Task<Operation> acknowledge(Client& client, Operation op) {
    const std::string& key = name(op);
    std::deque<Entry>& mine = held(op);
    if (mine.empty()) {
      op.outcome = Outcome::kFail;  // no error: it holds none
      co_return op;
    }
    const Entry entry = mine.front();
    mine.pop_front();
    const std::string_view command[] = {"XACK", key, kGroup, entry.id};
    const Answer answer = co_await client.command(key, command);
    if (!take_answer(op, answer, recorder_)) co_return op;
    if (answer.reply->type != REDIS_REPLY_INTEGER) {
      unexpected_reply(op, recorder_);
      co_return op;
    }
    if (answer.reply->integer == 0) op.outcome = Outcome::kFail;  // no error: it was not pending any more
    op.result = entry.element;
    co_return op;
  }

  /// A stream that is not there, or was lost with its group, has nothing to deliver.
  void absent_when_final(Operation& op) const {
    if (!final_ || op.error != recorder_.error("nogroup")) return;
    op.outcome = Outcome::kOk;
    op.error = kNoError;
  }

  /// ["id", ["e", element]].
  std::optional<Entry> entry_of(const redisReply& reply) const {
    if (reply.type != REDIS_REPLY_ARRAY || reply.elements != 2) return std::nullopt;
    const auto id = text_of(*reply.element[0]);
    const redisReply& fields = *reply.element[1];
    if (!id || fields.type != REDIS_REPLY_ARRAY || fields.elements != 2) return std::nullopt;
    const auto element = value_of(*fields.element[1], recorder_);
    if (!element) return std::nullopt;
    return Entry{std::string(*id), *element};
  }

  void take_entry(Operation& op, const redisReply* entries, bool hold) {
    const bool one = entries != nullptr && entries->type == REDIS_REPLY_ARRAY && entries->elements == 1;
    const auto entry = one ? entry_of(*entries->element[0]) : std::nullopt;
    if (!entry) return unexpected_reply(op, recorder_);
    op.result = entry->element;
    if (hold) held(op).push_back(*entry);
  }

  Recorder& recorder_;
  double add_;
  double read_;
  double ack_;
  double reclaim_;
  std::int64_t idle_;
  double block_;
  std::int64_t block_time_;
  RollingKeys streams_;
  OnceKeys once_;
  std::deque<std::uint32_t> awaited_;  // of those, the streams that somebody waits for
  // By process and stream: what it took and did not acknowledge.
  std::unordered_map<std::int32_t, std::unordered_map<std::uint32_t, std::deque<Entry>>> held_;
  std::unordered_map<std::int32_t, std::uint32_t> last_taken_;  // by process: the stream it took from last
  FreshValues fresh_;
  bool final_ = false;
  std::size_t next_final_ = 0;
};

}  // namespace

std::span<const Parameter> stream_options() {
  return kStreamOptions;
}

std::unique_ptr<Workload> make_stream_workload(const WorkloadSetup& setup) {
  return std::make_unique<StreamWorkload>(setup);
}

}  // namespace harness
