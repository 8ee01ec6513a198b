#include "harness/faults/process/roll.h"

#include <csignal>

#include "harness/core/check.h"
#include "harness/core/wait.h"
#include "harness/faults/common/target.h"

namespace harness {
namespace {

constexpr std::chrono::seconds kEndPatience(60);
constexpr std::chrono::seconds kStartPatience(60);
constexpr std::chrono::seconds kReadyPatience(60);

/// Back as an operator would have it before he goes on: the cluster is ok by its word, a replica has its
/// link.
std::string why_not_ready(const View& view) {
  if (!view.reachable) return "it does not answer: " + view.error;
  if (!view.cluster.state_ok) return "it calls the cluster's state fail";
  if (!view.replication.is_master && !view.replication.link_up) return "its link to the master is down";
  return {};
}

/// The node's trouble; empty: it is back.
std::string restart_one(FaultContext& context, Node& node, const std::function<void(Node&)>& between) {
  node.expect_end();
  if (!node.signal(SIGTERM) || !node.wait_for_end(kEndPatience)) return node.name() + " did not shut down";
  between(node);
  node.start();
  try {
    node.wait_until_answering(kStartPatience);
  } catch (const EnvironmentError& trouble) {
    return trouble.what();
  }
  std::string why;
  const bool ready = wait_for(
      kReadyPatience,
      [&] {
        why = why_not_ready(context.cluster.look().view(node.number()));
        return why.empty() || context.stopped();
      },
      std::chrono::milliseconds(20));
  return ready ? std::string{} : node.name() + " is not ready again: " + why;
}

}  // namespace

void roll(FaultContext& context, const std::vector<Node*>& nodes, std::chrono::milliseconds pause,
          FaultRecord& record, const std::function<void(Node&)>& between) {
  for (const Node* node : nodes) record.nodes.push_back(node->number());
  declare_down(record);
  Effect start;
  start.kind = EffectKind::kStart;
  start.nodes = record.nodes;
  record.effects.push_back(start);
  for (Node* node : nodes) {
    const bool first = node == nodes.front();
    // The end of the pause is the end of the wait: only a run that is stopped ends it sooner.
    if (!first) (void)wait_for(pause, [&] { return context.stopped(); });
    if (context.stopped()) break;
    record.error = restart_one(context, *node, between);
    if (!record.error.empty()) return;
    record.evidence +=
        (first ? "" : ", ") + node->name() + " is back as process " + std::to_string(node->pid());
    if (first) record.active = context.clock.now();
  }
  if (record.verified_active()) record.healed = context.clock.now();
}

}  // namespace harness
