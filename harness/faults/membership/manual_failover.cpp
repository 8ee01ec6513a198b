#include "harness/faults/membership/manual_failover.h"

#include "harness/faults/common/administration.h"
#include "harness/faults/common/target.h"

namespace harness {
namespace {

/// The server itself gives up after 5 s (CLUSTER_MF_TIMEOUT), or after twice that on a lost election.
constexpr std::chrono::seconds kManualFailoverPatience(15);

}  // namespace

std::unique_ptr<ActiveFault> inject_manual_failover(FaultContext& context, const FaultRequest& request,
                                                    FaultRecord& record) {
  Node* node = aim_at_one(context, request.target, record);
  if (!node) return nullptr;
  const std::string mode = request.with.text("mode");
  const bool plain = mode == kFailoverModes[0];
  record.description = "hand over to " + node->name() + (plain ? "" : " (" + mode + ")");
  Effect handover;
  handover.kind = EffectKind::kHandover;
  handover.nodes = record.nodes;
  handover.forced = !plain;
  handover.detail = mode;
  handover.excuses.dead_link = true;
  record.effects = {handover};
  Command command = {"CLUSTER", "FAILOVER"};
  if (!plain) command.push_back(mode);
  record.requested = context.clock.now();
  if (!tell(*node, command, record.error)) return nullptr;
  const bool seen = verify_by_views(context, record, kManualFailoverPatience, [&](const Roles& roles) {
    const TopologyNode* self = roles.view(node->number()).topology.myself();
    const bool serves = self && self->is(kFlagMaster) && !self->slots.empty();
    return serves ? std::nullopt : std::optional(node->name() + " is no master with slots");
  });
  if (seen) record.evidence = node->name() + " calls itself the master of its shard's slots";
  return nullptr;
}

}  // namespace harness
