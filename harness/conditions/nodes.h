// Conditions of single nodes: link, in-sync, alive, dead, loaded.
#pragma once

#include <array>

#include "harness/conditions/condition.h"

namespace harness {

inline constexpr std::array<std::string_view, 2> kLinkWords = {"up", "down"};
inline constexpr Parameter kNodeParameter[] = {{"node", Parameter::Kind::kTarget, "which node", {}, {}}};
inline constexpr Parameter kLinkParameters[] = {
    {"node", Parameter::Kind::kTarget, "a replica", {}, {}},
    {"status", Parameter::Kind::kChoice, "master_link_status", {}, {}, 0, 0, kLinkWords}};

WhyNot why_not_link(ClusterNow& now, const Parameters& with);
WhyNot why_not_in_sync(ClusterNow& now, const Parameters& with);
/// `node` may name several: all of them.
WhyNot why_not_alive(ClusterNow& now, const Parameters& with);
WhyNot why_not_dead(ClusterNow& now, const Parameters& with);
WhyNot why_not_loaded(ClusterNow& now, const Parameters& with);

}  // namespace harness
