#include "harness/faults/membership/bump_epoch.h"

#include "harness/faults/common/administration.h"
#include "harness/faults/common/target.h"

namespace harness {

std::unique_ptr<ActiveFault> inject_bump_epoch(FaultContext& context, const FaultRequest& request,
                                               FaultRecord& record) {
  Node* node = aim_at_one(context, request.target, record);
  if (!node) return nullptr;
  record.description = "bump the epoch of " + record.description;
  Effect effect;
  effect.kind = EffectKind::kConfig;
  effect.nodes = record.nodes;
  effect.detail = "config epoch";
  record.effects = {effect};
  record.requested = context.clock.now();
  const auto reply = tell(*node, {"CLUSTER", "BUMPEPOCH"}, record.error);  // "BUMPED 8", or "STILL 8"
  if (!reply) return nullptr;
  const std::string told = reply->text.substr(std::min(reply->text.size(), reply->text.find(' ') + 1));
  const bool seen = verify_by_views(context, record, std::chrono::seconds(5), [&](const Roles& roles) {
    const TopologyNode* self = roles.view(node->number()).topology.myself();
    const bool there = self && std::to_string(self->config_epoch) == told;
    return there ? std::nullopt : std::optional(node->name() + " does not have the epoch " + told);
  });
  if (seen) record.evidence = node->name() + " answered " + reply->text;
  return nullptr;
}

}  // namespace harness
