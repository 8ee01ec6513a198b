#include "harness/cluster/target.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "harness/core/suggest.h"

namespace harness {
namespace {

constexpr std::array<TargetForm, 12> kForms = {
    {{"random-master", "a master that serves slots and has a synchronized replica (any master, if none has)"},
     {"random-replica", "a synchronized replica"},
     {"random", "any member that runs"},
     {"master-of-slot N", "whoever serves slot N", false},
     {"replica-of-slot N", "a replica of whoever serves slot N", false},
     {"replica-of n1", "a replica of that node", false},
     {"masters", "every master that serves slots"},
     {"all", "every node that runs"},
     {"spare", "a node that runs and is no member"},
     {"dead", "every node whose process has ended"},
     {"previous", "the nodes that the fault before acted on"},
     {"n1,n4", "the nodes of those names, one or several", false}}};

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

TargetNodes one(const TargetScope& scope, const Roles& roles, std::vector<int> candidates,
                std::string_view problem) {
  TargetNodes found;
  if (candidates.empty()) {
    found.problem = problem;
    return found;
  }
  std::sort(candidates.begin(), candidates.end());
  Node& node = scope.cluster.node(scope.prng.pick(std::span<const int>(candidates)));
  found.nodes.push_back(&node);
  found.description = describe(roles, node);
  return found;
}

TargetNodes random_master(const TargetScope& scope, const Roles& roles) {
  std::vector<int> masters = roles.masters();
  std::vector<int> replaceable;
  std::ranges::copy_if(masters, std::back_inserter(replaceable),
                       [&](int master) { return !roles.synchronized_replicas_of(master).empty(); });
  return one(scope, roles, replaceable.empty() ? masters : replaceable, "no master serves slots now");
}

std::vector<int> all_synchronized_replicas(const Roles& roles) {
  std::vector<int> replicas;
  for (int master : roles.masters())
    std::ranges::copy(roles.synchronized_replicas_of(master), std::back_inserter(replicas));
  return replicas;
}

TargetNodes those(const TargetScope& scope, std::span<const int> numbers, std::string_view problem) {
  TargetNodes found;
  for (int number : numbers) {
    Node& node = scope.cluster.node(number);
    found.nodes.push_back(&node);
    found.description += (found.description.empty() ? "" : ", ") + node.name();
  }
  if (found.nodes.empty()) found.problem = problem;
  return found;
}

/// "n1,n4": the numbers of those names; nothing when it is no such list.
std::optional<std::vector<int>> named_nodes(std::string_view target) {
  std::vector<int> numbers;
  while (true) {
    const auto comma = target.find(',');
    const auto number = number_after(target.substr(0, comma), "n");
    if (!number || *number < 1) return std::nullopt;
    numbers.push_back(*number - 1);
    if (comma == std::string_view::npos) return numbers;
    target.remove_prefix(comma + 1);
  }
}

TargetNodes of_those_names(const TargetScope& scope, const std::vector<int>& numbers) {
  for (const int number : numbers)
    if (number >= scope.cluster.size()) return {{}, {}, "there is no node n" + std::to_string(number + 1)};
  return those(scope, numbers, {});
}

std::vector<int> running(Cluster& cluster, bool wanted) {
  std::vector<int> found;
  for (int number = 0; number < cluster.size(); ++number)
    if (cluster.node(number).running() == wanted) found.push_back(number);
  return found;
}

std::vector<int> spares(const TargetScope& scope, const Roles& roles) {
  std::vector<int> found = running(scope.cluster, true);
  const std::vector<int> inside = members(roles);
  // One that does not answer may be a member that hangs.
  std::erase_if(found, [&](int node) {
    return !roles.reachable(node) || std::ranges::find(inside, node) != inside.end();
  });
  return found;
}

TargetNodes replica_of(const TargetScope& scope, const Roles& roles, std::optional<int> master,
                       std::string_view nobody) {
  if (!master) return {{}, {}, std::string(nobody)};
  return one(scope, roles, roles.replicas_of(*master), "the master has no replica now");
}

/// Those that ask every node what it is.
TargetNodes by_role(const TargetScope& scope, std::string_view target) {
  const Roles roles = scope.cluster.look();
  if (target == "random-master") return random_master(scope, roles);
  if (target == "random-replica")
    return one(scope, roles, all_synchronized_replicas(roles), "no replica is synchronized now");
  if (target == "random") return one(scope, roles, members(roles), "no member can be reached now");
  if (target == "masters") return those(scope, roles.masters(), "no master serves slots now");
  if (target == "spare") return one(scope, roles, spares(scope, roles), "no spare node runs now");
  if (const auto slot = number_after(target, "master-of-slot ")) {
    const auto master = roles.master_of_slot(*slot);
    return one(scope, roles, master ? std::vector<int>{*master} : std::vector<int>{},
               "nobody serves the slot now");
  }
  if (const auto slot = number_after(target, "replica-of-slot "))
    return replica_of(scope, roles, roles.master_of_slot(*slot),
                      "nobody serves the slot now, so that no replica can be named");
  if (const auto number = number_after(target, "replica-of n"); number && *number >= 1)
    return replica_of(scope, roles, *number - 1, {});
  return {{}, {}, check_target(target).problem};
}

/// The form whose first word is the nearest.
std::string nearest(std::string_view target) {
  std::vector<std::string_view> words;
  for (const TargetForm& form : kForms) {
    words.push_back(form.name.substr(0, form.name.find(' ')));
    if (words.back() == target) return " (did you mean '" + std::string(form.name) + "'?)";
  }
  return suggestion(target.substr(0, target.find(' ')), words);
}

/// Why a slot of that number cannot be meant; empty: the target names none, or one that there is.
std::string why_no_slot(std::string_view target) {
  for (const std::string_view prefix : {"master-of-slot ", "replica-of-slot "})
    if (const auto slot = number_after(target, prefix); slot && !valid_slot(slot))
      return "slot " + std::to_string(*slot) + " is out of range: there are 0 to " +
             std::to_string(kSlotCount - 1);
  return {};
}

}  // namespace

std::span<const TargetForm> target_forms() {
  return kForms;
}

TargetCheck check_target(std::string_view target) {
  for (const TargetForm& form : kForms)
    if (form.word && target == form.name) return {};
  if (valid_slot(number_after(target, "master-of-slot ")) ||
      valid_slot(number_after(target, "replica-of-slot ")))
    return {};
  if (named_nodes(target)) return {};
  if (const auto number = number_after(target, "replica-of n"); number && *number >= 1) return {};
  if (std::string why = why_no_slot(target); !why.empty()) return {false, std::move(why)};
  return {false, "'" + std::string(target) + "' is no target" + nearest(target) +
                     ": use random-master, random-replica, random, master-of-slot N, "
                     "replica-of-slot N (N from 0 to 16383), replica-of n1, masters, all, spare, dead, "
                     "previous, or nodes' names such as n3 or n1,n4"};
}

TargetNodes resolve_target(const TargetScope& scope, std::string_view target) {
  if (target == "previous") return those(scope, scope.previous, "no fault went before");
  if (target == "dead") return those(scope, running(scope.cluster, false), "no node is dead now");
  if (target == "all") return those(scope, running(scope.cluster, true), "no node runs now");
  if (const auto numbers = named_nodes(target)) return of_those_names(scope, *numbers);
  return by_role(scope, target);
}

std::vector<int> members(const Roles& roles) {
  std::vector<int> acquainted;  // those that answer and know others
  for (std::size_t number = 0; number < roles.views().size(); ++number) {
    const Topology& topology = roles.views()[number].topology;
    if (topology.myself() && topology.nodes.size() > 1) acquainted.push_back(static_cast<int>(number));
  }
  std::vector<int> found;
  for (const int number : acquainted) {
    const std::string& id = roles.view(number).topology.myself()->id;
    const bool known = std::ranges::any_of(acquainted, [&](int other) {
      const TopologyNode* seen = other != number ? roles.view(other).topology.find(id) : nullptr;
      return seen && !seen->is(kFlagHandshake) && !seen->is(kFlagNoAddress);
    });
    if (known || acquainted.size() == 1) found.push_back(number);  // one alone has nobody to vouch for it
  }
  return found;
}

}  // namespace harness
