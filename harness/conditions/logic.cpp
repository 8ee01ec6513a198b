#include "harness/conditions/logic.h"

#include <nlohmann/json.hpp>

#include "harness/conditions/conditions.h"

namespace harness {

WhyNot why_not_not(ClusterNow& now, const Parameters& with) {
  const ConditionPlan inner = nested_condition(with.json().at("condition"));
  if (why_not(now, inner)) return std::nullopt;
  return "it holds: " + words(inner);
}

WhyNot why_not_any(ClusterNow& now, const Parameters& with) {
  std::string reasons;
  for (const auto& inner : with.json().at("conditions")) {
    const WhyNot why = why_not(now, nested_condition(inner));
    if (!why) return std::nullopt;
    reasons += (reasons.empty() ? "" : "; ") + *why;
  }
  return reasons;
}

WhyNot why_not_every(ClusterNow& now, const Parameters& with) {
  for (const auto& inner : with.json().at("conditions"))
    if (WhyNot why = why_not(now, nested_condition(inner))) return why;
  return std::nullopt;
}

ConditionPlan nested_condition(const nlohmann::json& j) {
  return {j.at("is").get<std::string>(), Parameters(j.at("with"))};
}

nlohmann::json nested_json(const ConditionPlan& condition) {
  return {{"is", condition.is}, {"with", condition.with.json()}};
}

}  // namespace harness
