#include "harness/faults/membership/add_replica.h"

#include "harness/faults/common/administration.h"
#include "harness/faults/common/target.h"
#include "harness/faults/membership/replication.h"

namespace harness {

std::unique_ptr<ActiveFault> inject_add_replica(FaultContext& context, const FaultRequest& request,
                                                FaultRecord& record) {
  Node* node = aim_at_one(context, request.target, record);
  if (!node) return nullptr;
  const TargetNodes master = resolve_target(context, request.with.text("of"));
  record.error = master.problem;
  if (master.nodes.empty()) return nullptr;
  record.description = "add " + node->name() + " as a replica of " + master.nodes.front()->name();
  record.effects = {membership_effect(record.nodes, record.description)};
  record.requested = context.clock.now();
  if (meet(context, node->number(), record.error))
    replicate_and_verify(context, *node, master.nodes.front()->number(), record);
  return nullptr;
}

}  // namespace harness
