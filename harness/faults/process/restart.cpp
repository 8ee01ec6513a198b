#include "harness/faults/process/restart.h"

#include "harness/core/check.h"
#include "harness/faults/common/target.h"

namespace harness {
namespace {

constexpr std::chrono::seconds kRestartPatience(60);  // loading its data is part of it

}  // namespace

std::unique_ptr<ActiveFault> inject_restart(FaultContext& context, const FaultRequest& request,
                                            FaultRecord& record) {
  const TargetNodes aim = resolve_target(context, request.target);
  record.requested = context.clock.now();
  record.description = "restart " + aim.description;
  if (aim.nodes.empty()) {
    record.error = aim.problem;
    return nullptr;
  }
  for (Node* node : aim.nodes) {
    record.nodes.push_back(node->number());
    if (node->running()) {
      record.error = node->name() + " runs: only a dead node is restarted";
      return nullptr;
    }
  }
  Effect start;
  start.kind = EffectKind::kStart;
  start.nodes = record.nodes;
  record.effects = {start};
  for (Node* node : aim.nodes) node->start();
  for (Node* node : aim.nodes) {
    try {
      node->wait_until_answering(kRestartPatience);
    } catch (const EnvironmentError& trouble) {
      // A server that does not come back is what the run is to find out, not the end of it.
      record.error = trouble.what();
      return nullptr;
    }
    record.evidence += (record.evidence.empty() ? "" : ", ") + node->name() + " answers as process " +
                       std::to_string(node->pid());
  }
  record.active = context.clock.now();
  return nullptr;
}

}  // namespace harness
