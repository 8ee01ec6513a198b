#include "workloads/functions.h"

#include "harness/core/slot.h"
#include "workloads/groups.h"

namespace harness {
namespace {

constexpr Parameter kFunctionsOptions[] = {
    keys_option("24"),
    kHotKeysOption,
    kHotShareOption,
    kGroupSizeOption,
    share_option("read", "share of reads", "0.4"),
    share_option("replica", "share of reads of replicas", "0.1"),
    share_option("script", "of the writes, those by EVAL instead of FCALL", "0.3"),
    kOnceOption,
    kOnceKeysOption,
};

/// Two writes of each key, so that a call that ends in between shows.
constexpr std::string_view kAppendScript =
    "for _, key in ipairs(KEYS) do redis.call('SET', key, ARGV[1] .. '?') end "
    "for _, key in ipairs(KEYS) do redis.call('SET', key, ARGV[1]) end return redis.status_reply('OK')";
constexpr std::string_view kLibrary =
    "#!lua name=harness_groups\n"
    "redis.register_function('harness_write', function(keys, args) "
    "for _, key in ipairs(keys) do redis.call('SET', key, args[1] .. '?') end "
    "for _, key in ipairs(keys) do redis.call('SET', key, args[1]) end return redis.status_reply('OK') end)";

class FunctionsWorkload final : public GroupWorkload {
 public:
  explicit FunctionsWorkload(const WorkloadSetup& setup)
      : GroupWorkload(setup), script_(setup.options.number("script")), shards_(setup.shards) {}

  /// The library goes to each master, by a key of each shard.
  std::vector<Operation> set_up() override {
    std::vector<Operation> loads;
    for (const SlotRanges& shard : shards_) {
      Operation op;
      op.function = Function::kOther;
      op.key = recorder_.key(key_in(shard));
      loads.push_back(op);
    }
    return loads;
  }

 private:
  void change(Operation& op, Prng& prng) override {
    op.function = Function::kWrite;
    op.argument = fresh_.next();
    by_script_[op.argument.as_integer() % kKept] = prng.chance(script_);
  }

  Task<Operation> perform(Client& client, Operation op) override {
    if (op.function == Function::kOther) {
      const std::string key = recorder_.key_text(op.key);
      const std::string_view load[] = {"FUNCTION", "LOAD", "REPLACE", kLibrary};
      take_answer(op, co_await client.command(key, load), recorder_);
      co_return op;
    }
    const std::vector<std::string> keys = keys_of(op);
    const std::string value = std::to_string(op.argument.as_integer());
    const std::string count = std::to_string(keys.size());
    std::vector<std::string_view> command = {"FCALL", "harness_write", count};
    if (by_script_[op.argument.as_integer() % kKept]) command = {"EVAL", kAppendScript, count};
    command.insert(command.end(), keys.begin(), keys.end());
    command.push_back(value);
    const Answer answer = co_await client.command(keys.front(), command);
    if (!take_answer(op, answer, recorder_)) co_return op;
    if (is_ok(*answer.reply))
      op.result = op.argument;
    else
      unexpected_reply(op, recorder_);
    co_return op;
  }

  static std::string key_in(const SlotRanges& shard) {
    for (int i = 0;; ++i) {
      std::string key = "functions:load" + std::to_string(i);
      for (const SlotRange& range : shard)
        if (range.contains(slot_of(key))) return key;
    }
  }

  static constexpr std::int64_t kKept = 1024;  // more than the processes of a load
  double script_;
  std::vector<SlotRanges> shards_;
  std::array<bool, kKept> by_script_{};  // by the value that the call writes
};

}  // namespace

std::span<const Parameter> functions_options() {
  return kFunctionsOptions;
}

std::unique_ptr<Workload> make_functions_workload(const WorkloadSetup& setup) {
  return std::make_unique<FunctionsWorkload>(setup);
}

}  // namespace harness
