#include "workloads/notices.h"

#include <algorithm>
#include <array>
#include <charconv>
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

namespace harness {
namespace {

constexpr Parameter kNoticesOptions[] = {
    keys_option("9"),
    kHotKeysOption,
    kHotShareOption,
    {"members", Parameter::Kind::kInteger, "keys of each family", "", "40", 1, 10'000},
    share_option("readers", "of the processes, those that are told; the others write", "0.5"),
    {"wait", Parameter::Kind::kInteger, "between two looks of a reader at what has come", "ms", "20", 0,
     60'000},
    {"life", Parameter::Kind::kInteger, "looks after which a reader begins anew", "", "100", 1, 1e9},
};

constexpr std::array<std::string_view, 3> kWays = {"events", "tracking", "prefix"};
constexpr std::string_view kInvalidations = "__redis__:invalidate";

using Words = Subscription::Words;

class NoticesWorkload final : public Workload {
 public:
  explicit NoticesWorkload(const WorkloadSetup& setup)
      : recorder_(setup.recorder),
        members_(setup.options.integer("members")),
        readers_share_(setup.options.number("readers")),
        wait_(setup.options.integer("wait")),
        life_(setup.options.integer("life")),
        families_(setup, "f"),
        next_subscription_(setup.share + 1),
        step_(setup.shares) {
    for (const std::string_view way : kWays) ways_.push_back(recorder_.text(way));
  }

  Operation next(std::int32_t process, Prng& prng) override {
    const auto [known, added] = readers_.try_emplace(process);
    Reader& reader = known->second;
    if (added) reader.reads = prng.chance(readers_share_);
    Operation op;
    if (!reader.reads) {
      op.function = Function::kPublish;
      op.key = families_.number(families_.draw(prng));
      op.argument =
          Value::integer(static_cast<std::int64_t>(prng.below(static_cast<std::uint64_t>(members_))));
      return op;
    }
    if (reader.offered++ % life_ == 0) {
      reader.family = families_.number(families_.draw(prng));
      reader.way = prng.below(kWays.size());
      reader.fresh = true;
    }
    return listen(reader.family, reader.way, wait_);
  }

  Task<Operation> invoke(Client& client, Operation op) override {
    return op.function == Function::kPublish ? write(client, op) : look(client, op);
  }

  void retired(std::int32_t process) override {
    readers_.erase(process);
    open_.erase(process);
  }

  /// Each family once, by one of the ways: a look that begins, and one at what has come.
  std::optional<Operation> next_final(const FinalTurn& turn) override {
    const auto [known, added] = finals_.try_emplace(turn.worker, 2 * turn.worker);
    const std::size_t family = known->second / 2;
    if (family >= families_.size()) return std::nullopt;
    known->second += known->second % 2 == 0 ? 1 : 2 * turn.workers - 1;
    return listen(families_.number(family), family % kWays.size(), wait_);
  }

 private:
  struct Reader {
    bool reads = false;
    bool fresh = false;  // its next look opens another subscription
    std::int64_t offered = 0;
    std::uint32_t family = 0;
    std::size_t way = 0;
  };
  struct Open {
    std::int64_t number = 0;
    std::uint32_t family = 0;
    std::unique_ptr<Subscription> subscription;
  };

  Operation listen(std::uint32_t family, std::size_t way, std::int64_t wait) const {
    Operation op;
    op.function = Function::kReceive;
    op.key = family;
    const Value parts[] = {ways_[way], Value::integer(wait)};
    op.argument = recorder_.list(parts);
    return op;
  }

  std::string prefix(std::uint32_t family) const { return "{" + families_.text(family) + "}."; }

  Task<Operation> write(Client& client, Operation op) {
    const std::string key = prefix(op.key) + std::to_string(op.argument.as_integer());
    const std::string_view command[] = {"SET", key, "x"};
    const Answer answer = co_await client.command(key, command);
    if (!take_answer(op, answer, recorder_)) co_return op;
    if (is_ok(*answer.reply))
      op.result = op.argument;
    else
      unexpected_reply(op, recorder_);
    co_return op;
  }

  /// By "tracking" another connection reads the keys once somebody listens: what is told earlier is told
  /// nobody.
  Subscription::Preparation preparation(std::uint32_t family, std::size_t way) const {
    Subscription::Preparation asked;
    if (kWays[way] == "events") {
      asked.before = {{"CONFIG", "SET", "notify-keyspace-events", "KEA"}};
      return asked;
    }
    asked.before = {{"CLIENT", "ID"}};
    Words tracking = {"CLIENT", "TRACKING", "ON", "REDIRECT", std::string(Subscription::kOwnId)};
    if (kWays[way] == "prefix") {
      tracking.insert(tracking.end(), {"BCAST", "PREFIX", prefix(family)});
      asked.before.push_back(tracking);
      return asked;
    }
    Words reads = {"MGET"};
    for (std::int64_t i = 0; i < members_; ++i) reads.push_back(prefix(family) + std::to_string(i));
    asked.beside = {tracking, reads};
    return asked;
  }

  Task<Operation> look(Client& client, Operation op) {
    const Value named = recorder_.elements(op.argument)[0];
    const auto way = static_cast<std::size_t>(std::ranges::find(ways_, named) - ways_.begin());
    Open& mine = open_[op.process];
    const bool same = mine.subscription && mine.subscription->open() && mine.family == op.key;
    if (readers_[op.process].fresh || !same) {
      readers_[op.process].fresh = true;  // until one is open
      const std::string channel(kWays[way] == "events" ? "__keyevent@0__:set" : kInvalidations);
      mine = {next_subscription_, op.key,
              std::make_unique<Subscription>(client.group(), channel, Subscription::Way::kChannel,
                                             preparation(op.key, way))};
      next_subscription_ += step_;
      const int owner = client.group().owner(slot_of(families_.text(op.key)));
      Answer opened{Outcome::kFail, "no-owner-found", nullptr, -1, {}};
      if (owner >= 0)
        opened = co_await mine.subscription->open(owner);
      else
        client.group().refresh_soon();
      if (!take_answer(op, opened, recorder_)) co_return op;
      readers_[op.process].fresh = false;
    }
    co_await pause_for(client.group().context(), std::chrono::milliseconds(wait_));
    const Subscription::Taken taken = co_await mine.subscription->take();
    op.outcome = Outcome::kOk;
    op.node = static_cast<std::uint16_t>(mine.subscription->node());
    if (taken.sound)
      op.result = told(op.key, mine.number, taken);
    else
      unexpected_reply(op, recorder_);
    co_return op;
  }

  /// Keys of other families are told of, too, by events: they are left out.
  Value told(std::uint32_t family, std::int64_t number, const Subscription::Taken& taken) const {
    const std::string before = prefix(family);
    std::vector<Value> members;
    for (std::int64_t member = 0; taken.all && member < members_; ++member)
      members.push_back(Value::integer(member));
    for (const std::string& key : taken.messages) {
      std::int64_t member = -1;
      if (!key.starts_with(before)) continue;
      std::from_chars(key.data() + before.size(), key.data() + key.size(), member);
      members.push_back(Value::integer(member));
    }
    std::vector<Value> parts = {Value::integer(number), recorder_.list(members)};
    if (taken.end != Subscription::End::kStill)
      parts.push_back(recorder_.text(taken.end == Subscription::End::kTimeout ? "timeout" : "closed"));
    return recorder_.list(parts);
  }

  Recorder& recorder_;
  std::int64_t members_;
  double readers_share_;
  std::int64_t wait_;
  std::int64_t life_;
  KeySet families_;
  std::vector<Value> ways_;                           // of kWays
  std::unordered_map<std::int32_t, Reader> readers_;  // by process
  std::unordered_map<std::int32_t, Open> open_;       // by process
  std::map<std::size_t, std::size_t> finals_;         // by worker: twice the family, and whether it has begun
  std::int64_t next_subscription_;
  std::int64_t step_;
};

}  // namespace

std::span<const Parameter> notices_options() {
  return kNoticesOptions;
}

std::unique_ptr<Workload> make_notices_workload(const WorkloadSetup& setup) {
  return std::make_unique<NoticesWorkload>(setup);
}

}  // namespace harness
