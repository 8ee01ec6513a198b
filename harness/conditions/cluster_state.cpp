#include "harness/conditions/cluster_state.h"

#include <fmt/format.h>

#include <bitset>

namespace harness {

namespace {

using Slots = std::bitset<kSlotCount>;

void add(const SlotRanges& ranges, Slots& slots) {
  for (const SlotRange& range : ranges)
    for (int slot = range.first; slot <= range.last; ++slot) slots.set(static_cast<std::size_t>(slot));
}

}  // namespace

WhyNot why_not_recovered(ClusterNow& now, const Parameters&) {
  const Membership intended = now.cluster().membership();
  Slots missing;
  for (int shard = 0; shard < intended.shards(); ++shard) add(intended.slots_of(shard), missing);
  // With a gap that was intended, a cluster that wants all slots rightly refuses to serve.
  const bool serves = missing.all() || !now.cluster().options().config.require_full_coverage;
  Slots served;
  for (const int member : members(now.roles())) {
    const View& view = now.roles().view(member);
    if (serves && !view.cluster.state_ok) return now.name(member) + " calls the cluster's state fail";
    const TopologyNode* self = view.topology.myself();
    if (self->is(kFlagMaster)) add(self->slots, served);
  }
  missing &= ~served;
  if (missing.none()) return std::nullopt;
  return fmt::format("{} slots are served by no master that answers", missing.count());
}

WhyNot why_not_settled_now(ClusterNow& now, const Parameters&) {
  return now.cluster().why_not_settled(now.roles());
}

WhyNot why_not_state(ClusterNow& now, const Parameters& with) {
  const bool ok = with.text("state") == kStates[0];
  return ask_views(now, with.has("node") ? with.text("node") : "all", [&](int, const View& view) -> WhyNot {
    if (view.cluster.state_ok == ok) return std::nullopt;
    return std::string("has cluster_state ") + (view.cluster.state_ok ? "ok" : "fail");
  });
}

}  // namespace harness
