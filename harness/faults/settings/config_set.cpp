#include "harness/faults/settings/config_set.h"

#include "harness/faults/common/target.h"
#include "harness/faults/settings/settings.h"

namespace harness {

std::unique_ptr<ActiveFault> inject_config_set(FaultContext& context, const FaultRequest& request,
                                               FaultRecord& record) {
  const TargetNodes aim = resolve_target(context, request.target);
  const std::string name = request.with.text("name");
  const std::string value = request.with.text("value");
  record.description = "set " + name + " to " + value + " on " + aim.description;
  record.requested = context.clock.now();
  record.error = aim.problem;
  std::vector<ChangedSetting> changed;
  for (Node* node : aim.nodes) {
    if (!change_setting(*node, name, value, record, changed)) break;
    record.nodes.push_back(node->number());
  }
  Effect effect;
  effect.kind = EffectKind::kConfig;
  effect.nodes = record.nodes;
  effect.detail = name + " " + value;
  record.effects = {effect};
  if (record.error.empty()) record.active = context.clock.now();
  return until_put_back(std::move(changed), context.clock);
}

std::optional<std::string> directive_set_by(const StepPlan& step) {
  if (step.kind != StepPlan::Kind::kFault || step.name != "config-set") return std::nullopt;
  return step.with.text("name");
}

}  // namespace harness
