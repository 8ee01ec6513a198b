#include "harness/faults/membership/remove_node.h"

#include <fmt/format.h>

#include "harness/faults/common/administration.h"
#include "harness/faults/common/target.h"

namespace harness {
namespace {

/// A master's slots go to the other masters in equal parts, and its replicas to the first of them.
bool make_dispensable(FaultContext& context, const Roles& roles, int node, std::string& problem) {
  std::vector<int> heirs = roles.masters();
  std::erase(heirs, node);
  const std::vector<int> slots = slots_of(roles, node);
  const std::vector<int> replicas = roles.replicas_of(node);
  if (heirs.empty() && (!slots.empty() || !replicas.empty())) problem = "there is no other master";
  for (std::size_t i = 0; i < heirs.size() && !slots.empty() && problem.empty(); ++i) {
    const auto begin = slots.begin() + static_cast<std::ptrdiff_t>(slots.size() * i / heirs.size());
    const auto end = slots.begin() + static_cast<std::ptrdiff_t>(slots.size() * (i + 1) / heirs.size());
    const std::vector<int> part(begin, end);
    if (move_slots(context, part, node, heirs[i], problem) < static_cast<int>(part.size())) return false;
  }
  // Some follow their slots by themselves (cluster-allow-replica-migration): told again, nothing changes.
  for (const int replica : replicas)
    if (problem.empty() &&
        tell(context.cluster.node(replica),
             {"CLUSTER", "REPLICATE", id_of(context.cluster, roles, heirs.front())}, problem))
      context.cluster.change_membership([&](Membership& membership) {
        if (membership.is_member(heirs.front())) membership.add_replica(replica, heirs.front());
      });
  return problem.empty();
}

}  // namespace

std::unique_ptr<ActiveFault> inject_remove_node(FaultContext& context, const FaultRequest& request,
                                                FaultRecord& record) {
  Node* node = aim_at_one(context, request.target, record);
  if (!node) return nullptr;
  const Roles roles = context.cluster.look();
  const int number = node->number();
  const std::string id = id_of(context.cluster, roles, number);
  record.description = "remove " + record.description;
  record.effects = {membership_effect(record.nodes, record.description)};
  record.requested = context.clock.now();
  if (!make_dispensable(context, roles, number, record.error)) return nullptr;
  if (!forget(context, number, record.error)) return nullptr;
  for (const int member : context.cluster.membership().members())
    if (member != number && !roles.reachable(member)) context.cluster.missed_forget({member, number, id});
  context.cluster.change_membership([&](Membership& membership) { membership.remove(number); });
  if (!tell(*node, {"CLUSTER", "RESET", "SOFT"}, record.error)) return nullptr;
  const bool seen = verify_by_views(context, record, std::chrono::seconds(20), [&](const Roles& now) {
    if (now.view(number).topology.nodes.size() > 1)
      return std::optional(node->name() + " still knows others");
    return why_not_known(context.cluster, now, number, false);
  });
  if (!seen) return nullptr;
  record.evidence = "no member lists " + node->name() + ", and it knows nobody";
  record.healed = context.clock.now();
  return nullptr;
}

}  // namespace harness
