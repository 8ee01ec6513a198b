// Conditions of conditions: not, any, every.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "harness/conditions/condition.h"
#include "harness/core/plan.h"

namespace harness {

inline constexpr Parameter kNotParameters[] = {
    {"condition", Parameter::Kind::kValue, "what shall not hold", {}, {}}};
inline constexpr Parameter kListParameters[] = {
    {"conditions", Parameter::Kind::kValue, "a list of conditions", {}, {}}};

WhyNot why_not_not(ClusterNow& now, const Parameters& with);
WhyNot why_not_any(ClusterNow& now, const Parameters& with);
WhyNot why_not_every(ClusterNow& now, const Parameters& with);

/// A condition within another, complete: {"is": name, "with": parameters}, as a plan holds any condition.
ConditionPlan nested_condition(const nlohmann::json& j);
nlohmann::json nested_json(const ConditionPlan& condition);

}  // namespace harness
