#include "harness/faults/membership/rebalance.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/faults/common/administration.h"
#include "harness/faults/membership/leveling.h"

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

/// Moves slots until all have about as many; how many were moved. The record tells how far it is.
int level(FaultContext& context, std::vector<Holding> held, std::size_t most, FaultRecord& record) {
  constexpr std::size_t kAtOnce = 128;
  std::vector<std::size_t> counts;
  for (const Holding& one : held) counts.push_back(one.slots.size());
  const std::vector<LevelingMove> moves = leveling(counts, most);
  std::size_t wanted = 0;
  for (const LevelingMove& move : moves) wanted += move.slots;
  int moved = 0;
  for (const LevelingMove& move : moves) {
    std::vector<int>& from = held[move.from].slots;
    for (std::size_t left = move.slots; left > 0 && record.error.empty() && !context.stopped();) {
      const auto count = static_cast<std::ptrdiff_t>(std::min(left, kAtOnce));
      const std::vector<int> slots(from.end() - count, from.end());
      moved += move_slots(context, slots, held[move.from].node, held[move.to].node, record.error);
      record.evidence = fmt::format("{} of {} slots were moved", moved, wanted);
      from.erase(from.end() - count, from.end());
      left -= static_cast<std::size_t>(count);
    }
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
  const int moved = level(context, held, static_cast<std::size_t>(request.with.integer("most")), record);
  if (!record.error.empty()) return nullptr;
  record.evidence = std::to_string(moved) + " slots were moved";
  if (verify_by_views(context, record, std::chrono::seconds(20), why_not_covered))
    record.healed = context.clock.now();
  return nullptr;
}

}  // namespace harness
