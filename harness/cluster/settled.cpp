#include "harness/cluster/settled.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace harness {
namespace {

using Why = std::optional<std::string>;

/// What one node says of the cluster as a whole.
Why own_state(const std::string& name, const View& view, std::size_t nodes) {
  if (!view.reachable) return fmt::format("{} does not answer: {}", name, view.error);
  const ClusterInfo& info = view.cluster;
  if (!view.topology.myself()) return name + " does not list itself";
  if (info.slots_assigned != kSlotCount)
    return fmt::format("{} knows owners of {} of {} slots", name, info.slots_assigned, kSlotCount);
  if (info.slots_ok != kSlotCount)
    return fmt::format("{} sees {} of {} slots served", name, info.slots_ok, kSlotCount);
  if (info.known_nodes != static_cast<int>(nodes) || view.topology.nodes.size() != nodes)
    return fmt::format("{} knows {} of {} nodes", name, info.known_nodes, nodes);
  if (!info.state_ok) return name + " has cluster_state fail";
  return {};
}

/// What one node says of each other, against what that other says of itself.
Why agreement(const std::string& name, const View& view, const Roles& roles,
              const std::vector<NodeInfo>& nodes) {
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const TopologyNode* seen = view.topology.find(nodes[i].id);
    const TopologyNode* self = roles.view(static_cast<int>(i)).topology.myself();
    if (!seen) return fmt::format("{} does not know {}", name, nodes[i].name);
    if (seen->is(kFlagFail) || seen->is(kFlagPfail) || seen->is(kFlagHandshake) || seen->is(kFlagNoAddress))
      return fmt::format("{} has {} as suspected, failed or unknown", name, nodes[i].name);
    if (!seen->link_up) return fmt::format("{} has no bus link to {}", name, nodes[i].name);
    const auto claims = [](const TopologyNode& n) {
      return std::make_tuple(n.is(kFlagMaster), n.master_id, n.slots, n.config_epoch);
    };
    if (claims(*seen) != claims(*self))
      return fmt::format("{} has not heard of the role, slots or epoch of {}", name, nodes[i].name);
  }
  return {};
}

Why replica_synchronized(const std::string& name, const View& view, const TopologyNode& master) {
  const ReplicationInfo& replication = view.replication;
  if (replication.is_master || replication.master_port != master.port)
    return name + " does not replicate its master yet";
  if (!replication.link_up) return name + " is not synchronized with its master";
  return {};
}

Why shards(const Roles& roles, const std::vector<NodeInfo>& nodes, const ClusterConfig& config) {
  int masters = 0;
  int replicas = 0;
  for (int i = 0; i < static_cast<int>(nodes.size()); ++i) {
    const std::string& name = nodes[static_cast<std::size_t>(i)].name;
    const View& view = roles.view(i);
    const TopologyNode& self = *view.topology.myself();
    if (self.is(kFlagReplica)) {
      ++replicas;
      const TopologyNode* master = view.topology.find(self.master_id);
      if (!master || master->slots.empty()) return name + " is the replica of a node without slots";
      if (auto why = replica_synchronized(name, view, *master)) return why;
    } else if (!self.slots.empty()) {
      ++masters;
      const auto& attached = view.replication.replicas;
      const auto online = std::count_if(attached.begin(), attached.end(),
                                        [](const AttachedReplica& r) { return r.state == "online"; });
      const std::size_t expected = roles.replicas_of(i).size();
      if (static_cast<std::size_t>(online) < expected)
        return fmt::format("{} has {} of {} replicas online", name, online, expected);
    } else {
      return name + " is a master without slots";
    }
  }
  if (masters != config.masters) return fmt::format("{} of {} masters", masters, config.masters);
  if (replicas != config.masters * config.replicas)
    return fmt::format("{} of {} replicas", replicas, config.masters * config.replicas);
  return {};
}

}  // namespace

Why why_not_settled(const Roles& roles, const std::vector<NodeInfo>& nodes, const ClusterConfig& config) {
  for (std::size_t i = 0; i < nodes.size(); ++i)
    if (auto why = own_state(nodes[i].name, roles.view(static_cast<int>(i)), nodes.size())) return why;
  for (std::size_t i = 0; i < nodes.size(); ++i)
    if (auto why = agreement(nodes[i].name, roles.view(static_cast<int>(i)), roles, nodes)) return why;
  return shards(roles, nodes, config);
}

Why why_not_caught_up(const Roles& roles, const std::vector<NodeInfo>& nodes) {
  for (const int master : roles.masters())
    for (const int replica : roles.replicas_of(master)) {
      const std::int64_t sent = roles.view(master).replication.offset;
      const std::int64_t applied = roles.view(replica).replication.offset;
      if (applied < sent)
        return fmt::format("{} is {} bytes behind {}", nodes[static_cast<std::size_t>(replica)].name,
                           sent - applied, nodes[static_cast<std::size_t>(master)].name);
    }
  return {};
}

}  // namespace harness
