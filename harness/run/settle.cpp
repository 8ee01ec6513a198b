#include "harness/run/settle.h"

#include <algorithm>
#include <vector>

#include "harness/core/check.h"

namespace harness {

Nanos failover_bound(const ClusterConfig& config) {
  return 2 * config.node_timeout_ms * kMillisecond + kSecond;
}

std::chrono::milliseconds settle_patience(const ClusterConfig& config) {
  const int failover_ms = static_cast<int>(failover_bound(config) / kMillisecond);
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

std::string tell_to_forget(Cluster& cluster) {
  std::string done;
  for (const Cluster::MissedForget& missed : cluster.take_missed_forgets()) {
    Node& node = cluster.node(missed.member);
    if (!node.running() || cluster.membership().is_member(missed.node)) continue;
    auto connection = node.connect({std::chrono::seconds(1), std::chrono::seconds(2)});
    const auto reply =
        connection ? connection->call({"CLUSTER", "FORGET", missed.id}) : Result<Reply>(connection.error());
    const std::string answer = reply ? reply->describe() : reply.error().text;
    done += (done.empty() ? "" : "; ") + node.name() + " was away when " + cluster.node(missed.node).name() +
            " was removed, and was told now to forget it: " + answer;
  }
  return done;
}

std::set<int> dead_members(Cluster& cluster) {
  std::set<int> dead;
  for (const int number : cluster.membership().members())
    if (!cluster.node(number).running()) dead.insert(number);
  return dead;
}

}  // namespace harness
