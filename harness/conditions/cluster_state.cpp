#include "harness/conditions/cluster_state.h"

#include <fmt/format.h>

#include <bitset>

namespace harness {

WhyNot why_not_recovered(const Roles& roles) {
  std::bitset<kSlotCount> served;
  for (const int member : members(roles)) {
    const View& view = roles.view(member);
    if (!view.cluster.state_ok) return fmt::format("node {} calls the cluster's state fail", member + 1);
    const TopologyNode* self = view.topology.myself();
    if (!self->is(kFlagMaster)) continue;
    for (const SlotRange& range : self->slots)
      for (int slot = range.first; slot <= range.last; ++slot) served.set(static_cast<std::size_t>(slot));
  }
  if (served.all()) return std::nullopt;
  return fmt::format("{} slots are served by no master that answers", kSlotCount - served.count());
}

WhyNot why_not_recovered(ClusterNow& now, const Parameters&) {
  return why_not_recovered(now.roles());
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
