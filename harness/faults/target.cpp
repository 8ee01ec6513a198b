#include "harness/faults/target.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace harness {
namespace {

/// Redis writes a crash report before it dies, with a test of its memory: seconds, and more on a busy
/// machine.
constexpr std::chrono::seconds kDeathPatience(30);

/// The number behind `prefix`, when the text is exactly that.
std::optional<int> number_after(std::string_view text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return std::nullopt;
  text.remove_prefix(prefix.size());
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool valid_slot(std::optional<int> slot) {
  return slot && *slot >= 0 && *slot < kSlotCount;
}

std::string slots_text(const SlotRanges& ranges) {
  std::string text;
  for (const SlotRange& range : ranges) {
    if (!text.empty()) text += ' ';
    text += std::to_string(range.first) + "-" + std::to_string(range.last);
  }
  return text;
}

/// "n3, master of slots 0-5460" or "n5, replica", by the node's own word.
std::string describe(const Roles& roles, const Node& node) {
  const View& view = roles.view(node.number());
  const TopologyNode* self = view.reachable ? view.topology.myself() : nullptr;
  if (!self) return node.name() + " (not reachable)";
  if (self->is(kFlagReplica)) return node.name() + ", replica";
  return node.name() + ", master of slots " + slots_text(self->slots);
}

TargetNodes one(FaultContext& context, const Roles& roles, std::vector<int> candidates,
                std::string_view problem) {
  TargetNodes found;
  if (candidates.empty()) {
    found.problem = problem;
    return found;
  }
  std::sort(candidates.begin(), candidates.end());
  Node& node = context.cluster.node(context.prng.pick(std::span<const int>(candidates)));
  found.nodes.push_back(&node);
  found.description = describe(roles, node);
  return found;
}

TargetNodes random_master(FaultContext& context, const Roles& roles) {
  std::vector<int> masters = roles.masters();
  std::vector<int> replaceable;
  std::ranges::copy_if(masters, std::back_inserter(replaceable),
                       [&](int master) { return !roles.synchronized_replicas_of(master).empty(); });
  return one(context, roles, replaceable.empty() ? masters : replaceable, "no master serves slots now");
}

std::vector<int> all_synchronized_replicas(const Roles& roles) {
  std::vector<int> replicas;
  for (int master : roles.masters())
    std::ranges::copy(roles.synchronized_replicas_of(master), std::back_inserter(replicas));
  return replicas;
}

TargetNodes those(FaultContext& context, const std::vector<int>& numbers, std::string_view problem) {
  TargetNodes found;
  for (int number : numbers) {
    Node& node = context.cluster.node(number);
    found.nodes.push_back(&node);
    found.description += (found.description.empty() ? "" : ", ") + node.name();
  }
  if (found.nodes.empty()) found.problem = problem;
  return found;
}

}  // namespace

TargetCheck check_target(std::string_view target) {
  for (std::string_view word : {"random-master", "random-replica", "dead", "previous"})
    if (target == word) return {};
  if (valid_slot(number_after(target, "master-of-slot ")) ||
      valid_slot(number_after(target, "replica-of-slot ")))
    return {};
  if (const auto number = number_after(target, "n"); number && *number >= 1) return {};
  return {false, "'" + std::string(target) +
                     "' is no target: use random-master, random-replica, master-of-slot N, replica-of-slot N "
                     "(N from 0 to 16383), dead, previous, or a node's name such as n3"};
}

TargetNodes resolve_target(FaultContext& context, std::string_view target) {
  if (target == "previous") return those(context, context.previous_targets, "no fault went before");
  if (target == "dead") {
    std::vector<int> dead;
    for (int number = 0; number < context.cluster.size(); ++number)
      if (!context.cluster.node(number).running()) dead.push_back(number);
    return those(context, dead, "no node is dead now");
  }
  if (const auto number = number_after(target, "n")) {
    if (*number < 1 || *number > context.cluster.size())
      return {{}, {}, "there is no node " + std::string(target)};
    return those(context, {*number - 1}, {});
  }
  const Roles roles = context.cluster.look();
  if (target == "random-master") return random_master(context, roles);
  if (target == "random-replica")
    return one(context, roles, all_synchronized_replicas(roles), "no replica is synchronized now");
  if (const auto slot = number_after(target, "master-of-slot ")) {
    const auto master = roles.master_of_slot(*slot);
    return one(context, roles, master ? std::vector<int>{*master} : std::vector<int>{},
               "nobody serves the slot now");
  }
  if (const auto slot = number_after(target, "replica-of-slot ")) {
    const auto master = roles.master_of_slot(*slot);
    return one(context, roles, master ? roles.replicas_of(*master) : std::vector<int>{},
               "the slot's master has no replica now");
  }
  return {{}, {}, check_target(target).problem};
}

Node* aim_at_one(FaultContext& context, std::string_view target, FaultRecord& record) {
  const TargetNodes aim = resolve_target(context, target);
  record.requested = context.clock.now();
  record.description = aim.nodes.empty() ? std::string(target) : aim.description;
  if (aim.nodes.empty()) {
    record.error = aim.problem;
    return nullptr;
  }
  record.nodes = {aim.nodes.front()->number()};
  return aim.nodes.front();
}

void declare_down(FaultRecord& record) {
  Effect down;
  down.kind = EffectKind::kDown;
  down.nodes = record.nodes;
  down.excuses = {true, true, {}};
  record.effects = {down};
}

void verify_death(Node& node, int signal, const FaultContext& context, FaultRecord& record) {
  const auto status = node.wait_for_end(kDeathPatience);
  if (!status) {
    node.expect_no_end();
    record.error = node.name() + " still runs";
  } else if (status->signal != signal) {
    node.expect_no_end();
    record.error = node.name() + " " + status->describe() + ", not of the signal that was meant";
  } else {
    record.active = context.clock.now();
    record.evidence = "process " + std::to_string(node.pid()) + " " + status->describe();
  }
}

}  // namespace harness
