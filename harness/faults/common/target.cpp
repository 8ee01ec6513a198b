#include "harness/faults/common/target.h"

namespace harness {
namespace {

/// Redis writes a crash report before it dies, with a test of its memory: seconds, and more on a busy
/// machine.
constexpr std::chrono::seconds kDeathPatience(30);

}  // namespace

TargetNodes resolve_target(FaultContext& context, std::string_view target) {
  return resolve_target(TargetScope{context.cluster, context.prng, context.previous_targets}, target);
}

Node* aim_at_one(FaultContext& context, std::string_view target, FaultRecord& record) {
  const TargetNodes aim = resolve_target(context, target);
  record.requested = context.clock.now();
  record.description = aim.nodes.empty() ? std::string(target) : aim.description;
  if (aim.nodes.empty()) {
    record.error = aim.problem;
    return nullptr;
  }
  Node* node = aim.nodes.front();
  if (aim.nodes.size() > 1) record.description = node->name();  // the others have records of their own
  record.nodes = {node->number()};
  return node;
}

void declare_down(FaultRecord& record) {
  Effect down;
  down.kind = EffectKind::kDown;
  down.nodes = record.nodes;
  down.excuses.exits = down.excuses.dead_link = true;
  record.effects = {down};
}

void verify_death(Node& node, int signal, const FaultContext& context, FaultRecord& record) {
  const auto status = node.wait_for_end(kDeathPatience);
  if (!status) {
    node.expect_no_end();
    record.error = node.name() + " still runs";
  } else if (status->signal != signal) {
    node.expect_no_end();
    record.error = node.name() + " " + status->describe() + ", not of the signal that was meant";
  } else {
    record.active = context.clock.now();
    record.evidence = "process " + std::to_string(node.pid()) + " " + status->describe();
  }
}

}  // namespace harness
