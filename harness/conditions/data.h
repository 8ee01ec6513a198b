// Conditions of what nodes hold: same-data, dbsize, value.
#pragma once

#include "harness/conditions/condition.h"

namespace harness {

inline constexpr Parameter kSameDataParameters[] = {
    {"nodes", Parameter::Kind::kValue, "the nodes to compare: n1,n4 or a list", {}, "null"},
    {"shard", Parameter::Kind::kTarget, "a node, and all of its shard", {}, "null"}};
inline constexpr Parameter kDbsizeParameters[] = {
    {"node", Parameter::Kind::kTarget, "which node", {}, {}},
    {"is", Parameter::Kind::kInteger, "exactly so many keys", "keys", "null"},
    {"at-least", Parameter::Kind::kInteger, "so many keys or more", "keys", "null"},
    {"at-most", Parameter::Kind::kInteger, "so many keys or fewer", "keys", "null"}};
inline constexpr Parameter kValueParameters[] = {
    {"key", Parameter::Kind::kText, "which key", {}, {}},
    {"is", Parameter::Kind::kText, "its string, or absent", {}, {}},
    {"node", Parameter::Kind::kTarget, "at that node; without it for a cluster client", {}, "null"}};

/// `nodes` names nodes; a count is asked for, and can be had. Empty: nothing is wrong.
std::string problem_with_nodes(const nlohmann::json& with);
std::string problem_with_count(const nlohmann::json& with);

/// With neither `nodes` nor `shard`: each shard.
WhyNot why_not_same_data(ClusterNow& now, const Parameters& with);
WhyNot why_not_dbsize(ClusterNow& now, const Parameters& with);
WhyNot why_not_value(ClusterNow& now, const Parameters& with);

}  // namespace harness
