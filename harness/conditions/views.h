// Conditions of what nodes say of each other: role, owner, knows, epoch.
#pragma once

#include <array>

#include "harness/conditions/condition.h"

namespace harness {

inline constexpr Parameter kByParameter = {
    "by", Parameter::Kind::kTarget, "whose views: all, majority or a node", {}, "\"all\""};
inline constexpr std::array<std::string_view, 2> kRoleWords = {"master", "replica"};
inline constexpr std::array<std::string_view, 4> kFlagWords = {"fail", "pfail", "handshake", "noaddr"};

inline constexpr Parameter kRoleParameters[] = {
    {"node", Parameter::Kind::kTarget, "which node", {}, {}},
    {"role", Parameter::Kind::kChoice, "what it shall be", {}, {}, 0, 0, kRoleWords},
    {"of", Parameter::Kind::kTarget, "of a replica: whose", {}, "null"},
    kByParameter};
inline constexpr Parameter kOwnerParameters[] = {
    {"slot", Parameter::Kind::kInteger, "which slot", {}, {}, 0, kSlotCount - 1},
    {"node", Parameter::Kind::kTarget, "its owner, or none", {}, {}},
    kByParameter};
inline constexpr Parameter kKnowsParameters[] = {
    {"node", Parameter::Kind::kTarget, "who shall be listed", {}, {}},
    kByParameter,
    {"flag", Parameter::Kind::kChoice, "with this flag", {}, "null", 0, 0, kFlagWords}};
inline constexpr Parameter kEpochParameters[] = {
    {"node", Parameter::Kind::kTarget, "which node", {}, {}},
    {"at-least", Parameter::Kind::kInteger, "its config epoch", {}, {}},
    {"by", Parameter::Kind::kTarget, "whose views; without it the node's own", {}, "null"}};

/// A master is nobody's replica.
std::string problem_with_role(const nlohmann::json& with);
WhyNot why_not_role(ClusterNow& now, const Parameters& with);
WhyNot why_not_owner(ClusterNow& now, const Parameters& with);
WhyNot why_not_knows(ClusterNow& now, const Parameters& with);
WhyNot why_not_epoch(ClusterNow& now, const Parameters& with);

}  // namespace harness
