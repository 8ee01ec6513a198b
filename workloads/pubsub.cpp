#include "workloads/pubsub.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "harness/client/pause.h"
#include "harness/client/session.h"
#include "harness/client/subscription.h"
#include "workloads/answers.h"
#include "workloads/keys.h"
#include "workloads/wrapped.h"

namespace harness {
namespace {

constexpr Parameter kShardPubsubOptions[] = {
    keys_option("6"),
    kHotKeysOption,
    kHotShareOption,
    share_option("subscribers", "of the processes, those that subscribe; the others publish", "0.5"),
    share_option("anywhere", "of the subscriptions, those at any node; the others are at the slot's master",
                 "0.7"),
    {"wait", Parameter::Kind::kInteger, "between two looks of a subscriber at what has come", "ms", "20", 0,
     60'000},
    {"life", Parameter::Kind::kInteger, "looks after which a subscriber goes elsewhere", "", "200", 1, 1e9},
};

constexpr Parameter kPatternOptions[] = {
    share_option("patterns", "of the subscriptions, those by a pattern (PSUBSCRIBE) that fits one channel",
                 "0.3"),
};
constexpr std::string_view kByPattern = "pattern";

const std::vector<Parameter>& all_pubsub_options() {
  static const std::vector<Parameter> all = joined(kShardPubsubOptions, kPatternOptions);
  return all;
}

/// Of the final phase: looks at each channel, and how long each waits.
constexpr int kFinalLooks = 6;
constexpr std::int64_t kFinalWait = 300;

class PubsubWorkload final : public Workload {
 public:
  PubsubWorkload(const WorkloadSetup& setup, bool sharded)
      : recorder_(setup.recorder),
        sharded_(sharded),
        subscribers_(setup.options.number("subscribers")),
        anywhere_(setup.options.number("anywhere")),
        patterns_(sharded ? 0 : setup.options.number("patterns")),
        wait_(setup.options.integer("wait")),
        life_(setup.options.integer("life")),
        channels_(setup, "c"),
        next_message_(setup.share + 1),
        next_subscription_(setup.share + 1),
        step_(setup.shares) {}

  Operation next(std::int32_t process, Prng& prng) override {
    const auto [known, added] = readers_.try_emplace(process);
    Reader& reader = known->second;
    if (added) reader.reads = prng.chance(subscribers_);
    if (!reader.reads) return publish(channels_.number(channels_.draw(prng)));
    if (reader.offered++ % life_ == 0) {
      reader.channel = channels_.number(channels_.draw(prng));
      reader.where = prng.chance(anywhere_) ? static_cast<std::int64_t>(prng.below(1000)) : -1;
      reader.by_pattern = patterns_ > 0 && prng.chance(patterns_);
    }
    return receive(reader.channel, reader.where, wait_, reader.by_pattern);
  }

  Task<Operation> invoke(Client& client, Operation op) override {
    return op.function == Function::kPublish ? send(client, op) : look(client, op);
  }

  void retired(std::int32_t process) override {
    readers_.erase(process);
    open_.erase(process);
  }

  /// Each channel: a subscription, a message, and looks until it must have come. Each worker has its own;
  /// some of them by a pattern.
  std::optional<Operation> next_final(const FinalTurn& turn) override {
    const auto [known, added] = finals_.try_emplace(turn.worker, Final{turn.worker, 0});
    Final& mine = known->second;
    if (mine.channel >= channels_.size()) return std::nullopt;
    const std::uint32_t channel = channels_.number(mine.channel);
    const int turn_of_channel = mine.turn++;
    if (turn_of_channel == 1) return publish(channel);
    if (turn_of_channel == kFinalLooks) {
      mine.channel += turn.workers;
      mine.turn = 0;
    }
    const auto where = static_cast<std::int64_t>(turn.worker);
    const bool by_pattern = patterns_ > 0 && channel % 2 == 1;
    return receive(channel, where, turn_of_channel == 0 ? 0 : kFinalWait, by_pattern);
  }

 private:
  struct Reader {
    bool reads = false;
    std::int64_t offered = 0;
    std::uint32_t channel = 0;
    std::int64_t where = -1;
    bool by_pattern = false;
  };
  struct Final {
    std::size_t channel = 0;
    int turn = 0;
  };
  struct Open {
    std::int64_t number = 0;
    std::int64_t where = -1;
    std::int64_t tries = 0;  // in vain: each goes to the next node
    std::unique_ptr<Subscription> subscription;
  };

  Operation publish(std::uint32_t channel) {
    Operation op;
    op.function = Function::kPublish;
    op.key = channel;
    op.argument = Value::integer(next_message_);
    next_message_ += step_;
    return op;
  }
  Operation receive(std::uint32_t channel, std::int64_t where, std::int64_t wait, bool by_pattern) const {
    Operation op;
    op.function = Function::kReceive;
    op.key = channel;
    const Value parts[] = {Value::integer(where), Value::integer(wait), recorder_.text(kByPattern)};
    op.argument = recorder_.list(std::span(parts).first(by_pattern ? 3 : 2));
    return op;
  }

  Task<Operation> send(Client& client, Operation op) {
    const std::string& channel = channels_.text(op.key);
    const std::string message = std::to_string(op.argument.as_integer());
    const std::string_view command[] = {sharded_ ? "SPUBLISH" : "PUBLISH", channel, message};
    // Any node takes a message, and the bus carries it to the others.
    const auto nodes = static_cast<std::int64_t>(client.group().nodes().size());
    Session anywhere(client, static_cast<int>(op.argument.as_integer() % nodes), false);
    Answer answer;
    if (sharded_)
      answer = co_await client.command(channel, command);
    else
      answer = co_await anywhere.command(command);
    if (!take_answer(op, answer, recorder_)) co_return op;
    const auto count = value_of(*answer.reply, recorder_);
    if (count && count->is_integer())
      op.result = *count;
    else
      unexpected_reply(op, recorder_);
    co_return op;
  }

  Task<Operation> look(Client& client, Operation op) {
    const std::vector<Value> parts = recorder_.elements(op.argument);
    Open& mine = open_[op.process];
    const Subscription::Way way = sharded_           ? Subscription::Way::kSharded
                                  : parts.size() > 2 ? Subscription::Way::kPattern
                                                     : Subscription::Way::kChannel;
    const bool same = mine.subscription && mine.subscription->open() && mine.where == parts[0].as_integer() &&
                      mine.subscription->way() == way &&
                      mine.subscription->channel() == channels_.text(op.key);
    if (!same) {
      mine = {next_subscription_, parts[0].as_integer(), mine.tries,
              std::make_unique<Subscription>(client.group(), channels_.text(op.key), way)};
      next_subscription_ += step_;
      const int node = place(client.group(), op, mine.where < 0 ? -1 : mine.where + mine.tries);
      Answer opened{Outcome::kFail, "no-owner-found", nullptr, -1, {}};
      if (node >= 0) opened = co_await mine.subscription->open(node);
      if (!take_answer(op, opened, recorder_)) {
        ++mine.tries;
        co_return op;
      }
    }
    if (const std::chrono::milliseconds wait(parts[1].as_integer()); wait.count() > 0)
      co_await pause_for(client.group().context(), wait);
    const Subscription::Taken taken = co_await mine.subscription->take();
    op.outcome = Outcome::kOk;
    op.node = static_cast<std::uint16_t>(mine.subscription->node());
    if (!taken.sound)
      unexpected_reply(op, recorder_);
    else
      op.result = told(mine.number, taken);
    co_return op;
  }

  /// The node to subscribe at; -1: nobody is known to serve the channel's slot.
  int place(ClientGroup& group, const Operation& op, std::int64_t where) const {
    if (where >= 0) return static_cast<int>(where % static_cast<std::int64_t>(group.nodes().size()));
    const int owner = group.owner(slot_of(channels_.text(op.key)));
    if (owner < 0) group.refresh_soon();
    return owner;
  }

  Value told(std::int64_t number, const Subscription::Taken& taken) const {
    std::vector<Value> messages;
    for (const std::string& message : taken.messages) messages.push_back(value_of(message, recorder_));
    std::vector<Value> parts = {Value::integer(number), recorder_.list(messages)};
    switch (taken.end) {
      case Subscription::End::kStill:
        break;
      case Subscription::End::kUnsubscribed:
        parts.push_back(recorder_.text("unsubscribed"));
        break;
      case Subscription::End::kClosed:
        parts.push_back(recorder_.text("closed"));
        break;
      case Subscription::End::kTimeout:
        parts.push_back(recorder_.text("timeout"));
        break;
    }
    return recorder_.list(parts);
  }

  Recorder& recorder_;
  bool sharded_;
  double subscribers_;
  double anywhere_;
  double patterns_;
  std::int64_t wait_;
  std::int64_t life_;
  KeySet channels_;
  std::unordered_map<std::int32_t, Reader> readers_;  // by process
  std::unordered_map<std::int32_t, Open> open_;       // by process
  std::map<std::size_t, Final> finals_;               // by worker
  std::int64_t next_message_;
  std::int64_t next_subscription_;
  std::int64_t step_;
};

}  // namespace

std::span<const Parameter> pubsub_options() {
  return all_pubsub_options();
}

std::span<const Parameter> shard_pubsub_options() {
  return kShardPubsubOptions;
}

std::unique_ptr<Workload> make_pubsub_workload(const WorkloadSetup& setup) {
  return std::make_unique<PubsubWorkload>(setup, false);
}

std::unique_ptr<Workload> make_shard_pubsub_workload(const WorkloadSetup& setup) {
  return std::make_unique<PubsubWorkload>(setup, true);
}

}  // namespace harness
