#include "harness/faults/membership/replicate.h"

#include "harness/faults/common/administration.h"
#include "harness/faults/common/target.h"
#include "harness/faults/membership/replication.h"

namespace harness {

std::unique_ptr<ActiveFault> inject_replicate(FaultContext& context, const FaultRequest& request,
                                              FaultRecord& record) {
  Node* node = aim_at_one(context, request.target, record);
  if (!node) return nullptr;
  const Roles roles = context.cluster.look();
  const TopologyNode* self = roles.view(node->number()).topology.myself();
  int before = node->number();
  for (const int master : roles.masters())
    if (self && id_of(context.cluster, roles, master) == self->master_id) before = master;
  const std::string wanted = request.with.has("of") ? request.with.text("of") : std::string();
  const auto master = other_master(context, roles, before, wanted, record.error);
  if (!master) return nullptr;
  record.description = "give " + node->name() + " to n" + std::to_string(*master + 1);
  record.effects = {membership_effect(record.nodes, record.description)};
  record.requested = context.clock.now();
  replicate_and_verify(context, *node, *master, record);
  return nullptr;
}

}  // namespace harness
