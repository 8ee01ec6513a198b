#include "checkers/promises/intention.h"

#include <algorithm>

#include "checkers/promises/evidence.h"

namespace harness {

Membership intended_at(const RunRecord& run, Nanos time) {
  Membership found(run.nodes);
  for (const Intention& intention : run.intended)
    if (intention.since <= time) found = intention.membership;
  return found;
}

Membership intended_in_the_end(const RunRecord& run) {
  return intended_at(run, kNever);
}

bool is_assigned(const Membership& intended, int slot) {
  for (int shard = 0; shard < intended.shards(); ++shard)
    for (const SlotRange& range : intended.slots_of(shard))
      if (range.contains(slot)) return true;
  return false;
}

bool LeftDead::had(const Membership& intended, int slot) const {
  return std::ranges::any_of(shards, [&](int shard) {
    return std::ranges::any_of(intended.slots_of(shard),
                               [&](const SlotRange& range) { return range.contains(slot); });
  });
}

LeftDead left_dead_in_the_end(const RunRecord& run, const std::vector<std::vector<const View*>>& views) {
  const Membership intended = intended_in_the_end(run);
  const auto serves = [&](int node) {
    const View* last = last_view(views[static_cast<std::size_t>(node)]);
    const TopologyNode* own = last != nullptr && last->reachable ? own_line(last) : nullptr;
    return own != nullptr && own->is(kFlagMaster) && !own->slots.empty() && runs_at_end(run, node);
  };
  const auto is_left_dead = [&](int node) { return left_dead(run, node); };
  const std::vector<int> members = intended.members();
  LeftDead left;
  if (std::ranges::none_of(members, is_left_dead)) return left;
  left.majority = std::ranges::count_if(members, serves) > intended.shards_with_slots() / 2;
  for (int shard = 0; shard < intended.shards(); ++shard) {
    const std::vector<int> nodes = intended.nodes_of(shard);
    if (nodes.empty() || intended.slots_of(shard).empty()) continue;
    const bool all = std::ranges::all_of(nodes, is_left_dead);
    const bool headless =
        !left.majority && std::ranges::any_of(nodes, is_left_dead) && std::ranges::none_of(nodes, serves);
    if (all || headless) left.shards.insert(shard);
  }
  return left;
}

}  // namespace harness
