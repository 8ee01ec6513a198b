#include "harness/faults/membership/move_slots.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/faults/common/administration.h"
#include "harness/faults/common/target.h"

namespace harness {
namespace {

constexpr std::chrono::seconds kMoveSlotsPatience(20);

/// So many neighbours of all that the node serves, from a place that is drawn.
std::vector<int> drawn_slots(FaultContext& context, const std::vector<int>& all, std::size_t count) {
  count = std::min(count, all.size());
  const std::size_t first = context.prng.below(all.size() - count + 1);
  return {all.begin() + static_cast<std::ptrdiff_t>(first),
          all.begin() + static_cast<std::ptrdiff_t>(first + count)};
}

std::optional<std::string> why_not_owned(const Cluster& cluster, const Roles& roles,
                                         const std::vector<int>& slots, int owner) {
  const std::string id = id_of(cluster, roles, owner);
  for (const int viewer : roles.masters())
    for (const int slot : slots) {
      const TopologyNode* named = roles.view(viewer).topology.owner_of(slot);
      if (!named || named->id != id)
        return fmt::format("n{} does not have n{} as owner of slot {}", viewer + 1, owner + 1, slot);
    }
  return std::nullopt;
}

/// One way; false with the trouble in the record.
bool move_and_verify(FaultContext& context, const std::vector<int>& slots, int from, int to,
                     FaultRecord& record) {
  const int moved = move_slots(context, slots, from, to, record.error);
  const std::vector<int> done(slots.begin(), slots.begin() + moved);
  if (!record.error.empty() || done.empty()) return false;
  record.evidence += fmt::format("{}{} slots went from n{} to n{}", record.evidence.empty() ? "" : ", ",
                                 moved, from + 1, to + 1);
  return verify_by_views(context, record, kMoveSlotsPatience,
                         [&](const Roles& roles) { return why_not_owned(context.cluster, roles, done, to); });
}

}  // namespace

std::unique_ptr<ActiveFault> inject_move_slots(FaultContext& context, const FaultRequest& request,
                                               FaultRecord& record) {
  Node* node = aim_at_one(context, request.target, record);
  if (!node) return nullptr;
  const Roles roles = context.cluster.look();
  const int from = node->number();
  const std::vector<int> all = slots_of(roles, from);
  const std::string wanted = request.with.has("to") ? request.with.text("to") : std::string();
  const auto to = other_master(context, roles, from, wanted, record.error);
  if (!to) return nullptr;
  if (all.empty() || *to == from) {
    record.error = all.empty() ? node->name() + " serves no slots" : "the slots are there already";
    return nullptr;
  }
  const auto slots = drawn_slots(context, all, static_cast<std::size_t>(request.with.integer("slots")));
  const bool back = request.with.flag("back");
  record.description = fmt::format("move {} slots ({}-{}) from n{} to n{}{}", slots.size(), slots.front(),
                                   slots.back(), from + 1, *to + 1, back ? " and back" : "");
  record.nodes = {from, *to};
  record.effects = {membership_effect(record.nodes, record.description)};
  record.requested = context.clock.now();
  if (move_and_verify(context, slots, from, *to, record) && back) {
    const Nanos there = record.active;
    move_and_verify(context, slots, *to, from, record);
    if (record.error.empty()) record.active = there;
  }
  if (!record.error.empty()) record.active = kNever;
  if (record.verified_active()) record.healed = context.clock.now();
  return nullptr;
}

}  // namespace harness
