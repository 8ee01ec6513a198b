#include "harness/cluster/settled.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace harness {
namespace {

using Why = std::optional<std::string>;

/// The nodes by what they call themselves now: CLUSTER RESET HARD gives another id than at the creation.
std::vector<NodeInfo> as_they_are(std::vector<NodeInfo> nodes, const Roles& roles) {
  for (std::size_t i = 0; i < nodes.size(); ++i)
    if (const TopologyNode* self = roles.view(static_cast<int>(i)).topology.myself()) nodes[i].id = self->id;
  return nodes;
}

/// Entries of nodes that left by a reset: they go by another name now, and the old one is listed, without an
/// address, until somebody forgets it.
int left_behind(const View& view, const std::vector<NodeInfo>& nodes, const std::vector<int>& members) {
  return static_cast<int>(std::ranges::count_if(view.topology.nodes, [&](const TopologyNode& listed) {
    return listed.is(kFlagNoAddress) && std::ranges::none_of(members, [&](int member) {
             return nodes[static_cast<std::size_t>(member)].id == listed.id;
           });
  }));
}

/// "n1, n2, n3 and 7 more"
std::string listed(const std::vector<std::string>& names, std::size_t most) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), most); ++i) text += (i == 0 ? "" : ", ") + names[i];
  return names.size() > most ? fmt::format("{} and {} more", text, names.size() - most) : text;
}

/// What can be served without the members that ended for good.
struct Left {
  int masters = 0;
  int slots = 0;
  bool majority = true;  // of the masters; without it nobody is elected or marked as failed
};

/// Without a majority a shard serves only where its master is left: nobody can be elected in its place.
Left left_to_serve(const Membership& intended, const Roles& roles, const std::set<int>& dead) {
  const std::vector<int> serving = roles.masters();
  Left left;
  left.majority = dead.empty() || static_cast<int>(serving.size()) > intended.shards_with_slots() / 2;
  for (int shard = 0; shard < intended.shards(); ++shard) {
    const std::vector<int> nodes = intended.nodes_of(shard);
    const auto ended = [&](int node) { return dead.contains(node); };
    const auto serves = [&](int node) { return std::ranges::find(serving, node) != serving.end(); };
    const bool lost = left.majority
                          ? !nodes.empty() && std::ranges::all_of(nodes, ended)
                          : std::ranges::any_of(nodes, ended) && std::ranges::none_of(nodes, serves);
    if (lost || intended.slots_of(shard).empty()) continue;
    ++left.masters;
    left.slots += count_slots(intended.slots_of(shard));
  }
  return left;
}

/// What one node says of the cluster as a whole.
Why own_state(const std::string& name, const View& view, const std::vector<NodeInfo>& nodes,
              const Membership& intended, const Left& left, const ClusterConfig& config) {
  if (!view.reachable) return fmt::format("{} does not answer: {}", name, view.error);
  const ClusterInfo& info = view.cluster;
  const int slots = intended.assigned_slots();
  const int members = static_cast<int>(intended.members().size());
  const int listed = members + left_behind(view, nodes, intended.members());
  if (!view.topology.myself()) return name + " does not list itself";
  if (info.slots_assigned != slots)
    return fmt::format("{} knows owners of {} of {} slots", name, info.slots_assigned, slots);
  if (info.slots_ok != left.slots)
    return fmt::format("{} sees {} of {} slots served", name, info.slots_ok, left.slots);
  if (info.known_nodes != listed || static_cast<int>(view.topology.nodes.size()) != listed)
    return fmt::format("{} knows {} of {} nodes", name, info.known_nodes, members);
  // With a gap that was intended, or left by the dead, a cluster that wants all slots rightly refuses to
  // serve; and so does one without a majority.
  const bool serves = left.majority && (left.slots == kSlotCount || !config.require_full_coverage);
  if (serves && !info.state_ok) return name + " has cluster_state fail";
  return {};
}

/// What one node says of each other, against what that other says of itself.
Why agreement(const std::string& name, const View& view, const Roles& roles,
              const std::vector<NodeInfo>& nodes, const std::vector<int>& members) {
  for (const int member : members) {
    const NodeInfo& other = nodes[static_cast<std::size_t>(member)];
    const TopologyNode* seen = view.topology.find(other.id);
    const TopologyNode* self = roles.view(member).topology.myself();
    if (!seen) return fmt::format("{} does not know {}", name, other.name);
    if (seen->is(kFlagFail) || seen->is(kFlagPfail) || seen->is(kFlagHandshake) || seen->is(kFlagNoAddress))
      return fmt::format("{} has {} as suspected, failed or unknown", name, other.name);
    if (!seen->link_up) return fmt::format("{} has no bus link to {}", name, other.name);
    const auto claims = [](const TopologyNode& n) { return std::tie(n.master_id, n.slots, n.config_epoch); };
    if (seen->is(kFlagMaster) != self->is(kFlagMaster) || claims(*seen) != claims(*self))
      return fmt::format("{} has not heard of the role, slots or epoch of {}", name, other.name);
  }
  return {};
}

/// What one node says of those that ended for good: all are to have them as failed, or to suspect them where
/// no majority is left to agree on it.
Why dead_marked_failed(const std::string& name, const View& view, const std::vector<NodeInfo>& nodes,
                       const std::set<int>& dead, bool majority) {
  for (const int node : dead) {
    const NodeInfo& other = nodes[static_cast<std::size_t>(node)];
    const TopologyNode* seen = view.topology.find(other.id);
    if (!seen) return fmt::format("{} does not know {}", name, other.name);
    if (!seen->is(kFlagFail) && (majority || !seen->is(kFlagPfail)))
      return fmt::format("{} does not have {} as failed", name, other.name);
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

Why replicas_online(const Roles& roles, int master, const std::string& name) {
  const auto& attached = roles.view(master).replication.replicas;
  const auto online = std::count_if(attached.begin(), attached.end(),
                                    [](const AttachedReplica& r) { return r.state == "online"; });
  const std::size_t expected = roles.replicas_of(master).size();
  if (static_cast<std::size_t>(online) >= expected) return {};
  return fmt::format("{} has {} of {} replicas online", name, online, expected);
}

/// Whether some master is meant to have no slots: then a master without, and replicas of it, are no trouble.
bool slotless_intended(const Membership& intended) {
  for (int shard = 0; shard < intended.shards(); ++shard)
    if (intended.slots_of(shard).empty() && !intended.nodes_of(shard).empty()) return true;
  return false;
}

Why shards(const Roles& roles, const std::vector<NodeInfo>& nodes, const Membership& intended,
           const std::vector<int>& alive, const Left& left, const std::set<int>& dead) {
  const bool slotless = slotless_intended(intended);
  int masters = 0;
  for (const int i : alive) {
    const std::string& name = nodes[static_cast<std::size_t>(i)].name;
    const View& view = roles.view(i);
    const TopologyNode& self = *view.topology.myself();
    if (self.is(kFlagReplica)) {
      const TopologyNode* master = view.topology.find(self.master_id);
      if (master != nullptr && !left.majority && std::ranges::any_of(dead, [&](int node) {
            return nodes[static_cast<std::size_t>(node)].id == master->id;
          }))
        continue;  // there is nothing to follow, and nobody to elect it
      if (!master || !master->is(kFlagMaster) || (master->slots.empty() && !slotless))
        return name + " is the replica of a replica, or of a node without slots";
      if (auto why = replica_synchronized(name, view, *master)) return why;
    } else if (!self.slots.empty()) {
      ++masters;
      if (auto why = replicas_online(roles, i, name)) return why;
    } else if (!slotless) {
      return name + " is a master without slots";
    }
  }
  if (masters != left.masters) return fmt::format("{} of {} masters", masters, left.masters);
  return {};
}

}  // namespace

Why why_not_settled(const Roles& roles, const std::vector<NodeInfo>& created, const Membership& intended,
                    const ClusterConfig& config, const std::set<int>& dead) {
  const std::vector<NodeInfo> nodes = as_they_are(created, roles);
  std::vector<int> alive = intended.members();
  std::erase_if(alive, [&dead](int node) { return dead.contains(node); });
  const auto name = [&](int node) -> const std::string& {
    return nodes[static_cast<std::size_t>(node)].name;
  };
  const Left left = left_to_serve(intended, roles, dead);
  for (const int i : alive)
    if (auto why = own_state(name(i), roles.view(i), nodes, intended, left, config)) return why;
  for (const int i : alive) {
    if (auto why = agreement(name(i), roles.view(i), roles, nodes, alive)) return why;
    if (auto why = dead_marked_failed(name(i), roles.view(i), nodes, dead, left.majority)) return why;
  }
  return shards(roles, nodes, intended, alive, left, dead);
}

Unsettled who_disagrees(const Roles& roles, const std::vector<NodeInfo>& nodes, const Membership& intended,
                        const ClusterConfig& config) {
  constexpr std::size_t kNamed = 3;  // of those with the same lack, and of different lacks
  const std::vector<int> members = intended.members();
  const Left left = left_to_serve(intended, roles, {});
  std::map<std::string, std::vector<std::string>> by_lack;  // without the name that it begins with
  // What a node that does not answer says of itself is not known.
  const bool all_answer = std::ranges::all_of(
      members, [&](int member) { return roles.view(member).topology.myself() != nullptr; });
  Unsettled found;
  for (const int i : members) {
    const std::string& name = nodes[static_cast<std::size_t>(i)].name;
    auto why = own_state(name, roles.view(i), nodes, intended, left, config);
    if (!why && all_answer) why = agreement(name, roles.view(i), roles, nodes, members);
    if (!why) continue;
    if (found.nodes++ == 0) found.first = i;
    by_lack[why->substr(name.size())].push_back(name);
  }
  std::vector<std::pair<std::string, std::vector<std::string>>> groups(by_lack.begin(), by_lack.end());
  std::ranges::stable_sort(groups, std::ranges::greater{},
                           [](const auto& group) { return group.second.size(); });
  for (std::size_t i = 0; i < groups.size() && i < kNamed; ++i) {
    const auto& [lack, names] = groups[i];
    found.story += (i == 0 ? "" : "; ") + listed(names, kNamed) + ":" + lack;
  }
  if (groups.size() > kNamed) found.story += fmt::format("; {} more differences", groups.size() - kNamed);
  return found;
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
