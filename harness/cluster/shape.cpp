#include "harness/cluster/shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <bitset>

#include "harness/builds/directives.h"
#include "harness/core/check.h"

namespace harness {
namespace {

void check_numbers(const ClusterPlan& plan) {
  const int masters = plan.config.masters;
  if (masters < 1)
    throw UsageError(
        fmt::format("{} masters make no Redis Cluster: give at least 1 (--masters 3, say: a "
                    "majority is left to replace one)",
                    masters));
  if (!plan.replicas_of.empty() && plan.replicas_of.size() != static_cast<std::size_t>(masters))
    throw UsageError(
        fmt::format("'replicas' lists {} numbers for {} masters: give one a master, or a single "
                    "number for all",
                    plan.replicas_of.size(), masters));
  long long nodes = masters + static_cast<long long>(plan.spare);
  for (int master = 0; master < masters; ++master) {
    const int replicas = plan.replicas(master);
    if (replicas < 0) throw UsageError(fmt::format("{} replicas is impossible: give 0 or more", replicas));
    nodes += replicas;
    if (nodes > kMaxNodes)
      throw UsageError(fmt::format(
          "{} masters{}{} are more nodes than one machine is asked for: at most {} in all", masters,
          replicas == 0 ? ""
                        : fmt::format(" with {} {} each", replicas, replicas == 1 ? "replica" : "replicas"),
          plan.spare == 0 ? "" : fmt::format(" and {} spare nodes", plan.spare), kMaxNodes));
  }
  if (plan.spare < 0)
    throw UsageError(fmt::format("{} spare nodes is impossible: give 0 or more", plan.spare));
}

void check_slots(const ClusterPlan& plan) {
  if (plan.slots.empty()) return;
  if (plan.slots.size() != static_cast<std::size_t>(plan.config.masters))
    throw UsageError(fmt::format("'slots' lists {} masters of {}: give each its ranges, \"\" for none",
                                 plan.slots.size(), plan.config.masters));
  std::bitset<kSlotCount> given;
  for (const SlotRanges& ranges : plan.slots)
    for (const SlotRange& range : ranges) {
      if (range.first < 0 || range.last < range.first || range.last >= kSlotCount)
        throw UsageError(fmt::format("there are no slots {}-{}: they go from 0 to {}", range.first,
                                     range.last, kSlotCount - 1));
      for (int slot = range.first; slot <= range.last; ++slot) {
        if (given.test(static_cast<std::size_t>(slot)))
          throw UsageError(fmt::format("slot {} is given to two masters", slot));
        given.set(static_cast<std::size_t>(slot));
      }
    }
  if (given.none()) throw UsageError("no master has slots: such a cluster serves nothing");
}

void check_directives(const std::map<std::string, std::string>& directives, const std::string& where) {
  for (const auto& [name, value] : directives)
    if (const std::string why = why_directive_refused(name, value); !why.empty())
      throw UsageError(fmt::format("{}: {}", where, why));
}

bool names_a_node(const std::string& name, int nodes) {
  for (int i = 1; i <= nodes; ++i)
    if (name == fmt::format("n{}", i)) return true;
  return false;
}

SlotRanges slots_of(const ClusterPlan& plan, int master) {
  if (!plan.slots.empty()) return plan.slots[static_cast<std::size_t>(master)];
  return {even_slot_ranges(plan.config.masters)[static_cast<std::size_t>(master)]};
}

NodeInfo planned(int number, int shard, int generation) {
  NodeInfo info;
  info.name = fmt::format("n{}", number + 1);
  info.shard = shard;
  info.master = generation == 0;
  return info;
}

/// The build of a node that names one, else -1.
int own_build(const ClusterPlan& plan, const NodeInfo& node) {
  const auto own = plan.nodes.find(node.name);
  if (own == plan.nodes.end() || own->second.server.empty()) return -1;
  const auto specs = specs_of(plan);
  return static_cast<int>(std::find(specs.begin(), specs.end(), own->second.server) - specs.begin());
}

/// How many of the builds are dealt: those that no single node brings.
int dealt_builds(const ClusterPlan& plan, const std::vector<Flavor>& flavors) {
  const auto own = specs_of(plan).size() - plan.servers.size();  // of single nodes, and to upgrade to
  CHECK_THAT_HOLDS(flavors.size() > own, "every build of the plan is there");
  return static_cast<int>(flavors.size() - own);
}

bool all_exchange(const std::vector<Flavor>& flavors, int count) {
  for (int a = 0; a < count; ++a)
    for (int b = 0; b < a; ++b)
      if (!flavors[static_cast<std::size_t>(a)].exchanges_data_with(flavors[static_cast<std::size_t>(b)]))
        return false;
  return true;
}

/// The part of the plan that gives the two their builds: a refusal begins with it.
std::string builds_of(const ClusterPlan& plan, const NodeInfo& a, const NodeInfo& b) {
  for (const NodeInfo* node : {&b, &a})
    if (const auto own = plan.nodes.find(node->name); own != plan.nodes.end() && !own->second.server.empty())
      return "cluster.nodes." + node->name + ".server: ";
  return "cluster.server: ";
}

/// Refuses what would make data flow where it cannot.
void check_flow(const ClusterPlan& plan, const std::vector<NodeInfo>& nodes,
                const std::vector<Flavor>& flavors) {
  const auto flavor = [&](const NodeInfo& node) -> const Flavor& {
    return flavors.at(static_cast<std::size_t>(node.build));
  };
  int most_replicas = 0;
  for (int master = 0; master < plan.config.masters; ++master)
    most_replicas = std::max(most_replicas, plan.replicas(master));
  const bool migrates = plan.config.allow_replica_migration && most_replicas > plan.config.migration_barrier;
  for (const NodeInfo& a : nodes)
    for (const NodeInfo& b : nodes)
      if (const std::string why = flavor(a).why_no_common_bus(flavor(b)); !why.empty())
        throw UsageError(builds_of(plan, a, b) +
                         fmt::format("{} and {} cannot be in one cluster: {}; choose builds that can meet",
                                     a.name, b.name, why));
  for (const NodeInfo& a : nodes)
    for (const NodeInfo& b : nodes) {
      if (&a >= &b || a.spare || b.spare || flavor(a).exchanges_data_with(flavor(b))) continue;
      const std::string why = flavor(a).why_no_exchange(flavor(b));
      if (a.shard == b.shard)
        throw UsageError(builds_of(plan, a, b) +
                         fmt::format("{} and {} are of one shard, where either may come to copy the other, "
                                     "and cannot: {}; give both one build, or a shard of its own to each",
                                     a.name, b.name, why));
      if (migrates)
        throw UsageError(builds_of(plan, a, b) +
                         fmt::format("a replica may move from the shard of {} to that of {}, and could not "
                                     "copy its master there: {}; set allow-replica-migration = false",
                                     a.name, b.name, why));
    }
}

}  // namespace

void check_shape(const ClusterPlan& plan) {
  check_numbers(plan);
  check_slots(plan);
  check_directives(plan.directives, "[cluster.directives]");
  for (const auto& [name, node] : plan.nodes) {
    if (!names_a_node(name, plan.size()))
      throw UsageError(
          fmt::format("[cluster.nodes.{}]: the cluster has the nodes n1 to n{}", name, plan.size()));
    check_directives(node.directives, fmt::format("[cluster.nodes.{}]", name));
  }
}

void check_shape(int masters, int replicas) {
  ClusterPlan plan;
  plan.config.masters = masters;
  plan.config.replicas = replicas;
  check_shape(plan);
}

std::vector<std::string> specs_of(const ClusterPlan& plan) {
  std::vector<std::string> specs = plan.servers;
  for (const auto& [name, node] : plan.nodes)
    if (!node.server.empty() && std::find(specs.begin(), specs.end(), node.server) == specs.end())
      specs.push_back(node.server);
  for (const std::string& spec : plan.upgrade_to)
    if (std::find(specs.begin(), specs.end(), spec) == specs.end()) specs.push_back(spec);
  return specs;
}

std::vector<NodeInfo> planned_nodes(const ClusterPlan& plan, const std::vector<Flavor>& flavors) {
  const int builds = dealt_builds(plan, flavors);
  const bool across = all_exchange(flavors, builds);
  std::vector<NodeInfo> nodes;
  const auto add = [&](int shard, int generation) {
    NodeInfo node = planned(static_cast<int>(nodes.size()), shard, generation);
    const int own = own_build(plan, node);
    node.build = own >= 0 ? own + builds - static_cast<int>(plan.servers.size())
                          : (shard + (across ? generation : 0)) % builds;
    if (own >= 0 && own < static_cast<int>(plan.servers.size())) node.build = own;
    if (node.master && shard < plan.config.masters) node.slots = slots_of(plan, shard);
    nodes.push_back(std::move(node));
  };
  int generations = 0;
  for (int shard = 0; shard < plan.config.masters; ++shard) {
    add(shard, 0);
    generations = std::max(generations, plan.replicas(shard));
  }
  for (int generation = 1; generation <= generations; ++generation)
    for (int shard = 0; shard < plan.config.masters; ++shard)
      if (plan.replicas(shard) >= generation) add(shard, generation);
  for (int i = 0; i < plan.spare; ++i) {
    // The shard of its own that a master added later would have.
    add(plan.config.masters + i, 0);
    nodes.back().master = false;
    nodes.back().spare = true;
  }
  check_flow(plan, nodes, flavors);
  return nodes;
}

}  // namespace harness
