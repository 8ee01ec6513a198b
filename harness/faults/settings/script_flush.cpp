#include "harness/faults/settings/script_flush.h"

#include "harness/faults/common/administration.h"
#include "harness/faults/common/target.h"

namespace harness {
namespace {

/// Loads a script, which must be unknown after the flush. Returns what went wrong; empty: nothing.
std::string flush_scripts(const Node& node) {
  std::string problem;
  const auto loaded = tell(node, {"SCRIPT", "LOAD", "return 'harness'"}, problem);
  if (!loaded || !tell(node, {"SCRIPT", "FLUSH"}, problem)) return problem;
  const auto known = tell(node, {"SCRIPT", "EXISTS", loaded->text}, problem);
  if (!known) return problem;
  const bool gone = known->elements.size() == 1 && known->elements[0].integer == 0;
  return gone ? std::string{} : node.name() + " still knows a script";
}

}  // namespace

std::unique_ptr<ActiveFault> inject_script_flush(FaultContext& context, const FaultRequest& request,
                                                 FaultRecord& record) {
  const TargetNodes aim = resolve_target(context, request.target);
  record.description = "flush the scripts of " + aim.description;
  record.error = aim.problem;
  for (const Node* node : aim.nodes) record.nodes.push_back(node->number());
  Effect effect;
  effect.kind = EffectKind::kConfig;
  effect.nodes = record.nodes;
  effect.detail = "scripts";
  record.effects = {effect};
  record.requested = context.clock.now();
  for (const Node* node : aim.nodes)
    if (record.error.empty()) record.error = flush_scripts(*node);
  if (!record.error.empty()) return nullptr;
  record.active = context.clock.now();
  record.evidence = "a script that was loaded before is unknown";
  return nullptr;
}

}  // namespace harness
