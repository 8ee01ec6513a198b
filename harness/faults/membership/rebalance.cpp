#include "harness/faults/membership/rebalance.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/faults/common/administration.h"

namespace harness {
namespace {

struct Holding {
  int node = 0;
  std::vector<int> slots;
};

/// Every member that calls itself a master, with its slots: the fullest first.
std::vector<Holding> holdings(const Cluster& cluster, const Roles& roles) {
  std::vector<Holding> found;
  for (int node = 0; node < cluster.size(); ++node) {
    const TopologyNode* self = roles.view(node).topology.myself();
    const bool member = self && !why_not_known(cluster, roles, node, true);
    if (member && self->is(kFlagMaster)) found.push_back({node, slots_of(roles, node)});
  }
  std::ranges::stable_sort(
      found, [](const Holding& a, const Holding& b) { return a.slots.size() > b.slots.size(); });
  return found;
}

/// Moves from the fullest to the emptiest until they differ by a slot at the most; how many were moved.
int level(FaultContext& context, std::vector<Holding> held, int most, std::string& problem) {
  int moved = 0;
  while (held.size() > 1 && problem.empty() && moved < most && !context.stopped()) {
    Holding& full = held.front();
    Holding& empty = held.back();
    const std::size_t share = (full.slots.size() + empty.slots.size()) / 2;
    const auto count =
        std::min<std::size_t>(full.slots.size() - share, static_cast<std::size_t>(most - moved));
    if (full.slots.size() <= share + 1 || count == 0) break;
    const std::vector<int> slots(full.slots.end() - static_cast<std::ptrdiff_t>(count), full.slots.end());
    moved += move_slots(context, slots, full.node, empty.node, problem);
    full.slots.resize(full.slots.size() - count);
    empty.slots.insert(empty.slots.end(), slots.begin(), slots.end());
    std::ranges::stable_sort(
        held, [](const Holding& a, const Holding& b) { return a.slots.size() > b.slots.size(); });
  }
  return moved;
}

std::optional<std::string> why_not_covered(const Roles& roles) {
  for (const int master : roles.masters())
    if (roles.view(master).cluster.slots_assigned != kSlotCount)
      return fmt::format("n{} does not know an owner of each slot", master + 1);
  return std::nullopt;
}

}  // namespace

std::unique_ptr<ActiveFault> inject_rebalance(FaultContext& context, const FaultRequest& request,
                                              FaultRecord& record) {
  const std::vector<Holding> held = holdings(context.cluster, context.cluster.look());
  for (const Holding& one : held) record.nodes.push_back(one.node);
  record.description = "rebalance the slots";
  record.effects = {membership_effect(record.nodes, record.description)};
  record.requested = context.clock.now();
  const int moved = level(context, held, static_cast<int>(request.with.integer("most")), record.error);
  if (!record.error.empty()) return nullptr;
  record.evidence = std::to_string(moved) + " slots were moved";
  if (verify_by_views(context, record, std::chrono::seconds(20), why_not_covered))
    record.healed = context.clock.now();
  return nullptr;
}

}  // namespace harness
