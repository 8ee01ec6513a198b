#include "workloads/multi_slot.h"

#include <cstdint>
#include <set>

#include "harness/core/slot.h"
#include "workloads/groups.h"

namespace harness {
namespace {

constexpr Parameter kMultiSlotOptions[] = {
    keys_option("24"),
    kHotKeysOption,
    kHotShareOption,
    kGroupSizeOption,
    share_option("read", "share of reads", "0.4"),
    share_option("replica", "share of reads of replicas", "0.1"),
    share_option("delete", "of the others, those that delete a group", "0.15"),
    share_option("cross", "of the others, those that try two groups of different slots", "0.05"),
    once_option("0.1"),
    kOnceKeysOption,
    share_option("once-delete", "of the reads of groups that are written once, those that delete it instead",
                 "0.6"),
};

class MultiSlotWorkload final : public GroupWorkload {
 public:
  explicit MultiSlotWorkload(const WorkloadSetup& setup)
      : GroupWorkload(setup),
        delete_(setup.options.number("delete")),
        cross_(setup.options.number("cross")),
        once_delete_(setup.options.number("once-delete")) {}

 private:
  void change(Operation& op, Prng& prng) override {
    const double kind = prng.unit();
    op.argument = fresh_.next();
    op.function = kind < delete_ ? Function::kRemove : Function::kWrite;
    if (kind >= delete_ && kind < delete_ + cross_ && !other_slot(op).empty()) op.function = Function::kPut;
  }

  /// Each is deleted once, and nobody writes it again: what a copy missed of that it shows in the end.
  void return_to(Operation& op, Prng& prng) override {
    if (once_delete_ == 0 || !prng.chance(once_delete_) || !deleted_.insert(op.key).second) return;
    op.function = Function::kRemove;
    op.argument = fresh_.next();
  }

  Task<Operation> perform(Client& client, Operation op) override {
    std::vector<std::string> keys = keys_of(op);
    if (op.function == Function::kPut) keys.push_back(other_slot(op));
    const std::string value = std::to_string(op.argument.as_integer());
    std::vector<std::string_view> command;
    if (op.function == Function::kRemove) {
      command = words("DEL", keys);
    } else {
      command = {"MSET"};
      for (const std::string& key : keys) command.insert(command.end(), {key, value});
    }
    const Answer answer = co_await client.command(keys.front(), command);
    if (!take_answer(op, answer, recorder_)) co_return op;
    const redisReply& reply = *answer.reply;
    const bool sound = op.function == Function::kRemove ? deleted(op, reply) : is_ok(reply);
    if (sound)
      op.result = op.argument;
    else
      unexpected_reply(op, recorder_);
    co_return op;
  }

  /// DEL answers how many keys there were: all, or none.
  bool deleted(Operation&, const redisReply& reply) const {
    return reply.type == REDIS_REPLY_INTEGER && (reply.integer == 0 || reply.integer == size_);
  }

  /// A key of the next group in another slot; empty when all lie in one.
  std::string other_slot(const Operation& op) const {
    for (std::size_t i = 0; i < groups_.size(); ++i)
      if (const std::string& text = groups_.text(groups_.number(i)); slot_of(text) != slot_of(tag(op)))
        return "{" + text + "}.0";
    return {};
  }

  double delete_;
  double cross_;
  double once_delete_;
  std::set<std::uint32_t> deleted_;  // of those that are written once
};

}  // namespace

std::span<const Parameter> multi_slot_options() {
  return kMultiSlotOptions;
}

std::unique_ptr<Workload> make_multi_slot_workload(const WorkloadSetup& setup) {
  return std::make_unique<MultiSlotWorkload>(setup);
}

}  // namespace harness
