#include "harness/faults/settings/flush.h"

#include "harness/faults/common/administration.h"
#include "harness/faults/common/target.h"

namespace harness {

std::unique_ptr<ActiveFault> inject_flush(FaultContext& context, const FaultRequest& request,
                                          FaultRecord& record) {
  const TargetNodes aim = resolve_target(context, request.target);
  record.description = "flush " + aim.description;
  record.error = aim.problem;
  for (const Node* node : aim.nodes) record.nodes.push_back(node->number());
  Effect effect;
  effect.kind = EffectKind::kData;
  effect.nodes = record.nodes;
  effect.detail = "all keys";
  record.effects = {effect};
  record.requested = context.clock.now();
  for (const Node* node : aim.nodes) {
    const auto before = tell(*node, {"DBSIZE"}, record.error);
    if (!before || !tell(*node, {"FLUSHALL", request.with.text("mode")}, record.error)) return nullptr;
    const auto after = tell(*node, {"DBSIZE"}, record.error);
    if (!after) return nullptr;
    record.evidence += (record.evidence.empty() ? "" : ", ") + node->name() + ": " +
                       std::to_string(before->integer) + " keys before, " + std::to_string(after->integer) +
                       " after";
  }
  if (!aim.nodes.empty()) record.active = context.clock.now();
  return nullptr;
}

}  // namespace harness
