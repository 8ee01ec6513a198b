#include "workloads/blocking.h"

#include <cstdint>
#include <deque>
#include <string>

#include "workloads/answers.h"
#include "workloads/drain.h"
#include "workloads/keys.h"

namespace harness {
namespace {

constexpr Parameter kBlockingOptions[] = {
    keys_option("9"),
    kHotKeysOption,
    kHotShareOption,
    share_option("push", "share of pushes", "0.55"),
    share_option("stream", "of the operations, those on streams: XADD, and XREAD BLOCK of readers", "0.25"),
    {"entries", Parameter::Kind::kInteger, "of each stream; then another takes its place", "", "4", 1,
     100'000},
    {"block-min", Parameter::Kind::kInteger, "the shortest time that a client blocks", "ms", "100", 10,
     600'000},
    {"block-max", Parameter::Kind::kInteger, "the longest", "ms", "1500", 10, 600'000},
    {"patience", Parameter::Kind::kInteger,
     "beyond that and the operation's time-out, how long a client waits", "ms", "6000", 0, 600'000},
    kOnceOption,
    once_keys_option("300"),
};

/// Of the keys that are written once, those on which a client waits before; and how many wait at a time.
constexpr double kAwaitedShare = 0.7;
constexpr std::size_t kAwaited = 2;

class BlockingWorkload final : public Workload {
 public:
  explicit BlockingWorkload(const WorkloadSetup& setup)
      : recorder_(setup.recorder),
        push_(setup.options.number("push")),
        stream_(setup.options.number("stream")),
        block_min_(setup.options.integer("block-min")),
        block_max_(std::max(block_min_, setup.options.integer("block-max"))),
        patience_(setup.options.integer("patience")),
        lists_(setup, "b"),
        streams_(setup, "s", "entries"),
        once_(setup, "o"),
        drain_(lists_, once_),
        fresh_(setup) {}

  Operation next(std::int32_t, Prng& prng) override {
    if (stream_ > 0 && prng.chance(stream_)) return next_of_streams(prng);
    Operation op;
    const bool turn = once_.turn(prng);
    if (turn && awaited_.size() >= kAwaited) return push_awaited();
    const bool once = turn && once_.writes(prng);
    op.key = once ? once_.fresh() : lists_.number(lists_.draw(prng));
    if (once && prng.chance(kAwaitedShare)) {
      op.function = Function::kDequeue;
      op.argument = Value::integer(block_max_);
      awaited_.push_back(op.key);
    } else if (once || prng.chance(push_)) {
      op.function = Function::kEnqueue;
      op.argument = fresh_.next();
    } else {
      op.function = Function::kDequeue;
      op.argument = Value::integer(prng.between(block_min_, block_max_));
    }
    return op;
  }

  Task<Operation> invoke(Client& client, Operation op) override {
    if (op.function == Function::kAdd) return add(client, op);
    if (op.function == Function::kRead) return read(client, op);
    if (op.function == Function::kEnqueue) return push(client, op);
    return op.argument.is_nil() ? pop(client, op) : pop_blocking(client, op);
  }

  /// The lists are drained, then the streams are read.
  std::optional<Operation> next_final(const FinalTurn& turn) override {
    if (const auto taken = drain_.next_dequeue(turn)) return taken;
    if (next_stream_ == streams_.size()) return std::nullopt;
    Operation op;
    op.key = streams_.number(next_stream_++);
    return op;
  }

 private:
  const std::string& name(const Operation& op) const { return drain_.name(op); }
  /// Every third list is taken from at the other end, every third through a second list.
  static int way(const std::string& name) { return name.back() % 3; }

  /// The one element of a key that a client has begun to wait for: nobody else is woken by it, or takes it.
  Operation push_awaited() {
    Operation op;
    op.key = awaited_.front();
    awaited_.pop_front();
    op.function = Function::kEnqueue;
    op.argument = fresh_.next();
    return op;
  }

  Operation next_of_streams(Prng& prng) {
    Operation op;
    const std::size_t place = streams_.draw(prng);
    if (prng.chance(push_)) {
      op.function = Function::kAdd;
      op.key = streams_.use(place);
      streams_.make_room(place);
      op.argument = fresh_.next();
    } else {
      op.key = streams_.current(place);
      op.argument = Value::integer(prng.between(block_min_, block_max_));
    }
    return op;
  }

  Task<Operation> add(Client& client, Operation op) {
    const std::string& key = streams_.text(op.key);
    const std::string element = std::to_string(op.argument.as_integer());
    const std::string_view command[] = {"XADD", key, "*", "e", element};
    const Answer answer = co_await client.command(key, command);
    if (!take_answer(op, answer, recorder_)) co_return op;
    if (text_of(*answer.reply))
      op.result = op.argument;
    else
      unexpected_reply(op, recorder_);
    co_return op;
  }

  /// All entries, as soon as there is one; none when the time is up.
  Task<Operation> read(Client& client, Operation op) {
    const std::string& key = streams_.text(op.key);
    const std::int64_t block = op.argument.is_integer() ? op.argument.as_integer() : 0;
    const std::string milliseconds = std::to_string(block);
    std::vector<std::string_view> command = {"XREAD"};
    if (block > 0) command.insert(command.end(), {"BLOCK", milliseconds});
    command.insert(command.end(), {"STREAMS", key, "0"});
    const std::chrono::milliseconds patience(block > 0 ? block + patience_ : 0);
    const Answer answer = co_await client.blocking_command(key, command, patience);
    if (!take_answer(op, answer, recorder_)) co_return op;
    const auto elements = elements_of(*answer.reply);
    if (elements)
      op.result = recorder_.list(*elements);
    else
      unexpected_reply(op, recorder_);
    co_return op;
  }

  /// [["key", [["id", ["e", element]], …]]], or nil.
  std::optional<std::vector<Value>> elements_of(const redisReply& reply) const {
    const auto is_array = [](const redisReply& each, std::size_t size) {
      return each.type == REDIS_REPLY_ARRAY && each.elements == size;
    };
    std::vector<Value> elements;
    if (reply.type == REDIS_REPLY_NIL) return elements;
    if (!is_array(reply, 1) || !is_array(*reply.element[0], 2)) return std::nullopt;
    const redisReply& entries = *reply.element[0]->element[1];
    if (entries.type != REDIS_REPLY_ARRAY) return std::nullopt;
    for (std::size_t i = 0; i < entries.elements; ++i) {
      if (!is_array(*entries.element[i], 2) || !is_array(*entries.element[i]->element[1], 2))
        return std::nullopt;
      const auto element = value_of(*entries.element[i]->element[1]->element[1], recorder_);
      if (!element) return std::nullopt;
      elements.push_back(*element);
    }
    return elements;
  }

  Task<Operation> push(Client& client, Operation op) {
    const std::string& key = name(op);
    const std::string element = std::to_string(op.argument.as_integer());
    const std::string_view command[] = {way(key) == 1 ? "LPUSH" : "RPUSH", key, element};
    const Answer answer = co_await client.command(key, command);
    if (!take_answer(op, answer, recorder_)) co_return op;
    if (answer.reply->type == REDIS_REPLY_INTEGER) {
      const Value told[] = {op.argument, Value::integer(answer.reply->integer)};
      op.result = recorder_.list(told);
    } else {
      unexpected_reply(op, recorder_);
    }
    co_return op;
  }

  Task<Operation> pop(Client& client, Operation op) {
    const std::string& key = name(op);
    const std::string_view command[] = {way(key) == 1 ? "RPOP" : "LPOP", key};
    const Answer answer = co_await client.command(key, command);
    if (take_answer(op, answer, recorder_)) take_element(op, *answer.reply);
    co_return op;
  }

  Task<Operation> pop_blocking(Client& client, Operation op) {
    const std::string& key = name(op);
    const std::string taken = "{" + key + "}.taken";
    const std::int64_t block = op.argument.as_integer();
    const std::string seconds = std::to_string(static_cast<double>(block) / 1000);
    std::vector<std::string_view> command = {way(key) == 1 ? "BRPOP" : "BLPOP", key, seconds};
    const bool moves = way(key) == 2;
    if (moves) command = {"BLMOVE", key, taken, "LEFT", "LEFT", seconds};
    const Answer answer =
        co_await client.blocking_command(key, command, std::chrono::milliseconds(block + patience_));
    if (!take_answer(op, answer, recorder_)) co_return op;
    const redisReply& reply = *answer.reply;
    if (moves || reply.type == REDIS_REPLY_NIL)
      take_element(op, reply);
    else if (reply.type == REDIS_REPLY_ARRAY && reply.elements == 2)
      take_element(op, *reply.element[1]);
    else
      unexpected_reply(op, recorder_);
    co_return op;
  }

  void take_element(Operation& op, const redisReply& reply) const {
    const auto value = value_of(reply, recorder_);
    if (!value) return unexpected_reply(op, recorder_);
    op.result = *value;
  }

  Recorder& recorder_;
  double push_;
  double stream_;
  std::int64_t block_min_;
  std::int64_t block_max_;
  std::int64_t patience_;
  KeySet lists_;
  RollingKeys streams_;
  OnceKeys once_;
  Drain drain_;
  FreshValues fresh_;
  std::deque<std::uint32_t> awaited_;  // keys written once, of clients that wait for what was not pushed yet
  std::size_t next_stream_ = 0;
};

}  // namespace

std::span<const Parameter> blocking_options() {
  return kBlockingOptions;
}

std::unique_ptr<Workload> make_blocking_workload(const WorkloadSetup& setup) {
  return std::make_unique<BlockingWorkload>(setup);
}

}  // namespace harness
