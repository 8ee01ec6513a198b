// The table of conditions, and how they are read, asked and told. `when`, `until`, `wait` and `expect` of a
// scenario all go through here.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>

#include "harness/conditions/condition.h"
#include "harness/core/plan.h"

namespace harness {

std::span<const Condition> conditions();
const Condition* find_condition(std::string_view name);

/// A condition of a step that says `expect = "NAME"` or `wait = "NAME"`, with the parameters that stand
/// beside it. All defaults are filled in, in nested conditions too. What is wrong (an unknown name or key
/// with the nearest one, a bad target, reply or expression, a condition that cannot be had) is told in
/// `problem`; then the result is not to be used.
ConditionPlan complete_condition(const std::string& name, const nlohmann::json& parameters,
                                 std::string& problem);

/// A condition as `when` and `until` have it: a name ("recovered"), or an object of `is` and its parameters.
/// A parameter that is itself called `is` (value, dbsize, answer) is written `equals` there (or `value`, or
/// `reply`); or the condition is named by `condition` in place of `is`.
ConditionPlan complete_condition(const nlohmann::json& given, std::string& problem);

/// The parameters with a number in place of each that still is a placeholder ("{slot:foo}"): what a schema
/// can judge.
nlohmann::json without_placeholders(const Condition& condition, nlohmann::json with);

/// Nothing when it holds now; else why not, in words. REQUIRES: complete_condition made it.
WhyNot why_not(ClusterNow& now, const ConditionPlan& condition);

/// Whether it, or a condition within it, asks what passed on the cluster bus.
bool needs_bus_path(const ConditionPlan& condition);

/// "owner slot=42 node=n2", "not (recovered)".
std::string words(const ConditionPlan& condition);

}  // namespace harness
