// Conditions of the cluster as a whole: recovered, settled, state.
#pragma once

#include <array>

#include "harness/conditions/condition.h"

namespace harness {

inline constexpr std::array<std::string_view, 2> kStates = {"ok", "fail"};
inline constexpr Parameter kStateParameters[] = {
    {"node", Parameter::Kind::kTarget, "whose state; without it every live member's", {}, "null"},
    {"state", Parameter::Kind::kChoice, "cluster_state", {}, "\"ok\"", 0, 0, kStates}};

/// Every slot that the plan and its administration gave to somebody is claimed by a reachable master, and all
/// reachable members call the cluster's state ok.
WhyNot why_not_recovered(ClusterNow& now, const Parameters& with);
WhyNot why_not_settled_now(ClusterNow& now, const Parameters& with);
WhyNot why_not_state(ClusterNow& now, const Parameters& with);

}  // namespace harness
