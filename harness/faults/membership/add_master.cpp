#include "harness/faults/membership/add_master.h"

#include <fmt/format.h>

#include "harness/core/wait.h"
#include "harness/faults/common/administration.h"
#include "harness/faults/common/target.h"

namespace harness {
namespace {

/// A master that has just joined refuses keys until it has the cluster as well by its own view.
bool takes_keys(FaultContext& context, const Node& node, std::string& problem) {
  const bool well = wait_for(
      std::chrono::seconds(20),
      [&] { return context.stopped() || context.cluster.look().view(node.number()).cluster.state_ok; },
      std::chrono::milliseconds(20));
  if (!well) problem = node.name() + " has the cluster as down for 20 s";
  return well;
}

/// An equal part from each master that serves slots, until the newcomer has as many as it shall.
int give_slots(FaultContext& context, int newcomer, int wanted, std::string& problem) {
  const Roles roles = context.cluster.look();
  const std::vector<int> masters = roles.masters();
  int given = 0;
  for (std::size_t i = 0; i < masters.size() && problem.empty(); ++i) {
    const int part = (wanted - given) / static_cast<int>(masters.size() - i);
    std::vector<int> slots = slots_of(roles, masters[i]);
    slots.resize(std::min(slots.size(), static_cast<std::size_t>(part)));
    given += move_slots(context, slots, masters[i], newcomer, problem);
  }
  return given;
}

}  // namespace

std::unique_ptr<ActiveFault> inject_add_master(FaultContext& context, const FaultRequest& request,
                                               FaultRecord& record) {
  Node* node = aim_at_one(context, request.target, record);
  if (!node) return nullptr;
  const int wanted = static_cast<int>(request.with.integer("slots"));
  record.description = fmt::format("add {} as a master with {} slots", node->name(), wanted);
  record.effects = {membership_effect(record.nodes, record.description)};
  record.requested = context.clock.now();
  if (!meet(context, node->number(), record.error)) return nullptr;
  context.cluster.change_membership([&](Membership& membership) {
    if (!membership.is_member(node->number())) membership.add_master(node->number());
  });
  if (!takes_keys(context, *node, record.error)) return nullptr;
  const int given = give_slots(context, node->number(), wanted, record.error);
  if (!record.error.empty()) return nullptr;
  record.evidence = fmt::format("all members know {}, which serves {} slots", node->name(), given);
  const bool seen = verify_by_views(context, record, std::chrono::seconds(20), [&](const Roles& roles) {
    const std::size_t serves = slots_of(roles, node->number()).size();
    if (serves < static_cast<std::size_t>(given))
      return std::optional(fmt::format("{} serves {} of {} slots", node->name(), serves, given));
    return why_not_known(context.cluster, roles, node->number(), true);
  });
  if (seen) record.healed = context.clock.now();
  return nullptr;
}

}  // namespace harness
