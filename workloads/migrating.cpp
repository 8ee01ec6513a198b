#include "workloads/migrating.h"

#include <algorithm>
#include <array>

#include "harness/client/session.h"
#include "workloads/groups.h"

namespace harness {
namespace {

constexpr Parameter kMigratingOptions[] = {
    keys_option("6"),
    kHotKeysOption,
    kHotShareOption,
    kGroupSizeOption,
    share_option("read", "share of reads", "0.3"),
    share_option("replica", "share of reads of replicas", "0"),
    share_option("delete", "of the others, those that delete a group", "0.1"),
    share_option("probe", "share of the questions to single nodes", "0.5"),
    kOnceOption,
    once_keys_option("300"),
};

struct Probe {
  std::string_view name;
  bool asking;
  bool several;
};
constexpr std::array<Probe, 4> kProbes = {
    {{"get", false, false}, {"mget", false, true}, {"asking-get", true, false}, {"asking-mget", true, true}}};

class MigratingWorkload final : public GroupWorkload {
 public:
  explicit MigratingWorkload(const WorkloadSetup& setup)
      : GroupWorkload(setup), delete_(setup.options.number("delete")), probe_(setup.options.number("probe")) {
    for (const Probe& probe : kProbes) names_.push_back(recorder_.text(probe.name));
  }

  Operation next(std::int32_t process, Prng& prng) override {
    if (!prng.chance(probe_)) return GroupWorkload::next(process, prng);
    Operation op;
    op.function = Function::kOther;
    op.key = groups_.number(groups_.draw(prng));
    const Value parts[] = {names_[prng.below(names_.size())],
                           Value::integer(static_cast<std::int64_t>(prng.below(1'000)))};
    op.argument = recorder_.list(parts);
    return op;
  }

 private:
  void change(Operation& op, Prng& prng) override {
    op.argument = fresh_.next();
    op.function = prng.chance(delete_) ? Function::kRemove : Function::kWrite;
  }

  Task<Operation> perform(Client& client, Operation op) override {
    if (op.function == Function::kOther) return ask_one(client, op);
    return change_all(client, op);
  }

  Task<Operation> change_all(Client& client, Operation op) {
    const std::vector<std::string> keys = keys_of(op);
    const std::string value = std::to_string(op.argument.as_integer());
    std::vector<std::string_view> command = {"MSET"};
    if (op.function == Function::kRemove)
      command = words("DEL", keys);
    else
      for (const std::string& key : keys) command.insert(command.end(), {key, value});
    const Answer answer = co_await client.command(keys.front(), command);
    if (!take_answer(op, answer, recorder_)) co_return op;
    const redisReply& reply = *answer.reply;
    const bool deleted = reply.type == REDIS_REPLY_INTEGER && (reply.integer == 0 || reply.integer == size_);
    if (op.function == Function::kRemove ? deleted : is_ok(reply))
      op.result = op.argument;
    else
      unexpected_reply(op, recorder_);
    co_return op;
  }

  /// A first command beside it, so that the answer comes back as it is, be it an error.
  Task<Operation> ask_one(Client& client, Operation op) {
    const std::vector<Value> parts = recorder_.elements(op.argument);
    const auto which =
        static_cast<std::size_t>(std::find(names_.begin(), names_.end(), parts[0]) - names_.begin());
    const Probe& probe = kProbes[which];
    const auto nodes = static_cast<std::int64_t>(client.group().nodes().size());
    const int node = static_cast<int>(parts[1].as_integer() % nodes);
    std::vector<std::string> keys = keys_of(op);
    if (!probe.several) keys = {keys[static_cast<std::size_t>(parts[1].as_integer()) % keys.size()]};
    Commands body;
    body.add({probe.asking ? "ASKING" : "PING"});
    body.add(words(probe.several ? "MGET" : "GET", keys));
    Session session(client, node, false);
    const Answer answer = co_await session.pipeline(body);
    if (take_answer(op, answer, recorder_)) op.result = told(client.group(), node, *answer.reply);
    co_return op;
  }

  Value told(ClientGroup& group, int asked, const redisReply& reply) const {
    std::vector<Value> parts = {recorder_.text(word_of(reply))};
    if (reply.type == REDIS_REPLY_ERROR) {
      const Redirection target = parse_redirection({reply.str, reply.len});
      const int named = !target.valid       ? -1
                        : target.ip.empty() ? asked
                                            : group.node_at(target.ip, target.port);
      if (target.valid) parts.push_back(Value::integer(named));
    }
    return recorder_.list(parts);
  }

  static std::string_view word_of(const redisReply& reply) {
    switch (reply.type) {
      case REDIS_REPLY_ERROR:
        return classify_error_reply({reply.str, reply.len}).reason;
      case REDIS_REPLY_STRING:
        return "value";
      case REDIS_REPLY_NIL:
        return "nil";
      case REDIS_REPLY_ARRAY: {
        const auto nils = std::count_if(reply.element, reply.element + reply.elements,
                                        [](const redisReply* each) { return each->type == REDIS_REPLY_NIL; });
        return nils == 0 ? "values" : static_cast<std::size_t>(nils) == reply.elements ? "nils" : "some";
      }
      default:
        return "unexpected-reply";
    }
  }

  double delete_;
  double probe_;
  std::vector<Value> names_;  // of kProbes
};

}  // namespace

std::span<const Parameter> migrating_options() {
  return kMigratingOptions;
}

std::unique_ptr<Workload> make_migrating_workload(const WorkloadSetup& setup) {
  return std::make_unique<MigratingWorkload>(setup);
}

}  // namespace harness
