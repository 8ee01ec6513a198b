#include "harness/cluster/creation.h"

#include <algorithm>

#include "harness/cluster/shape.h"

namespace harness {
namespace {

bool serves(const NodeInfo& node, int slot) {
  return std::ranges::any_of(
      node.slots, [&](const SlotRange& range) { return range.first <= slot && slot <= range.last; });
}

}  // namespace

/// Which build a node runs plays no part here.
Creation::Creation(const ClusterPlan& plan)
    : nodes_(planned_nodes(plan, std::vector<Flavor>(specs_of(plan).size()))) {}

const NodeInfo* Creation::named(std::string_view target) const {
  constexpr std::string_view kOfSlot = "master-of-slot ";
  const bool of_slot = target.starts_with(kOfSlot);
  const std::string slot(of_slot ? target.substr(kOfSlot.size()) : "");
  const bool number = !slot.empty() && slot.size() <= 5 &&
                      std::ranges::all_of(slot, [](char c) { return c >= '0' && c <= '9'; });
  const auto found = std::ranges::find_if(nodes_, [&](const NodeInfo& node) {
    return of_slot ? number && serves(node, std::stoi(slot)) : node.name == target;
  });
  return found == nodes_.end() ? nullptr : &*found;
}

bool Creation::has_replicas(const NodeInfo& master) const {
  return std::ranges::any_of(
      nodes_, [&](const NodeInfo& node) { return is_replica(node) && node.shard == master.shard; });
}

std::string Creation::replica_words(const NodeInfo& replica) const {
  const auto master = std::ranges::find_if(
      nodes_, [&](const NodeInfo& node) { return node.master && node.shard == replica.shard; });
  return replica.name + " is a replica" + (master == nodes_.end() ? "" : " of " + master->name);
}

bool Creation::every_master_has_replicas() const {
  return std::ranges::all_of(
      nodes_, [&](const NodeInfo& node) { return !node.master || node.slots.empty() || has_replicas(node); });
}

}  // namespace harness
