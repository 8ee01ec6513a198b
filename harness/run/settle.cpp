#include "harness/run/settle.h"

#include <algorithm>
#include <bitset>
#include <vector>

#include "harness/core/check.h"

namespace harness {

bool recovered(const Roles& roles) {
  std::bitset<kSlotCount> served;
  for (const View& view : roles.views()) {
    if (!view.reachable) continue;
    if (!view.cluster.state_ok) return false;
    const TopologyNode* self = view.topology.myself();
    if (!self || !self->is(kFlagMaster)) continue;
    for (const SlotRange& range : self->slots)
      for (int slot = range.first; slot <= range.last; ++slot) served.set(static_cast<std::size_t>(slot));
  }
  return served.all();
}

bool condition_holds(Cluster& cluster, StepCondition condition) {
  switch (condition) {
    case StepCondition::kNone:
      return true;
    case StepCondition::kRecovered:
      return recovered(cluster.look());
    case StepCondition::kSettled:
      return !cluster.why_not_settled(cluster.look());
  }
  return true;
}

std::chrono::milliseconds settle_patience(const ClusterConfig& config) {
  const int failover_ms = 2 * config.node_timeout_ms + 1000;
  const int lost_election_ms = std::max(4 * config.node_timeout_ms, 4000) + 1000;
  constexpr int kSynchronization_ms = 20'000;
  return std::chrono::milliseconds(failover_ms + 2 * lost_election_ms + kSynchronization_ms);
}

std::string restart_dead_nodes(Cluster& cluster) {
  std::vector<Node*> started;
  for (int number = 0; number < cluster.size(); ++number) {
    Node& node = cluster.node(number);
    if (node.running()) continue;
    node.start();
    started.push_back(&node);
  }
  std::string names;
  for (Node* node : started) {
    names += (names.empty() ? "" : ", ") + node->name();
    try {
      node->wait_until_answering(std::chrono::seconds(60));
    } catch (const EnvironmentError& trouble) {
      // A server that does not come back is what the run is to find out, not the end of it.
      names += std::string(" (in vain: ") + trouble.what() + ")";
    }
  }
  return names;
}

}  // namespace harness
