#include "harness/conditions/conditions.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/conditions/clients.h"
#include "harness/conditions/cluster_state.h"
#include "harness/conditions/data.h"
#include "harness/conditions/logic.h"
#include "harness/conditions/nodes.h"
#include "harness/conditions/placeholders.h"
#include "harness/conditions/reply_pattern.h"
#include "harness/conditions/views.h"
#include "harness/core/check.h"
#include "harness/core/suggest.h"

namespace harness {
namespace {

using Json = nlohmann::json;

constexpr bool kNeedsBusPath = true;

constexpr Condition kConditions[] = {
    {"recovered",
     "every slot that is given to a node is served by a master that answers, and all call the state ok",
     {},
     why_not_recovered},
    {"settled", "every node is back, in roles and slots that all agree on", {}, why_not_settled_now},
    {"state", "cluster_state is so, by that node or by all", kStateParameters, why_not_state},
    {"role", "the node is a master or a replica, by its own word and by `by`", kRoleParameters, why_not_role,
     problem_with_role},
    {"owner", "the slot belongs to the node in those views", kOwnerParameters, why_not_owner},
    {"knows", "the node is listed in those views, with that flag", kKnowsParameters, why_not_knows},
    {"link", "the replica's link to its master is up or down", kLinkParameters, why_not_link},
    {"in-sync", "the replica has applied what its master had sent", kNodeParameter, why_not_in_sync},
    {"alive", "the node's process runs", kNodeParameter, why_not_alive},
    {"dead", "the node's process has ended", kNodeParameter, why_not_dead},
    {"loaded", "the node answers and is not loading its data", kNodeParameter, why_not_loaded},
    {"epoch", "the node's config epoch is that great, by its own view or by `by`", kEpochParameters,
     why_not_epoch},
    {"same-data", "the key spaces of the nodes, or of a shard, are equal", kSameDataParameters,
     why_not_same_data, problem_with_nodes},
    {"dbsize", "the node holds so many keys", kDbsizeParameters, why_not_dbsize, problem_with_count},
    {"value", "the key has that value, for a cluster client or at one node", kValueParameters, why_not_value},
    {"answer", "a command is answered so", kAnswerParameters, why_not_answer, problem_with_answer},
    {"log", "the node has logged it so often since the step before began", kLogParameters, why_not_logged,
     problem_with_line},
    {"bus-message", "so many such messages passed on the cluster bus since the step before began",
     kBusMessageParameters, why_not_passed, problem_with_message, kNeedsBusPath},
    {"operations", "so many operations were acknowledged since the waiting began", kOperationsParameters,
     why_not_acknowledged},
    {"not", "the condition does not hold", kNotParameters, why_not_not},
    {"any", "one of the conditions holds", kListParameters, why_not_any},
    {"every", "all of the conditions hold", kListParameters, why_not_every},
};

const Parameter* find_parameter(const Condition& condition, std::string_view name) {
  const auto found = std::ranges::find(condition.parameters, name, &Parameter::name);
  return found == condition.parameters.end() ? nullptr : &*found;
}

/// A target; for whose views are asked also all or majority, for a slot's owner also none.
std::string problem_with_target(const Condition& condition, const Parameter& parameter,
                                const std::string& value) {
  const bool views = parameter.name == "by";
  const bool owner = parameter.name == "node" && find_parameter(condition, "slot") != nullptr;
  if ((views && (value == "all" || value == "majority")) || (owner && value == "none")) return {};
  const TargetCheck check = check_target(value);
  if (check.valid) return {};
  constexpr std::string_view kViews[] = {"all", "majority"};
  return "'" + std::string(parameter.name) + "': " +
         (views ? "'" + value + "' says not whose view" + suggestion(value, kViews) +
                      ": it is all, majority or a node, as n3"
                : check.problem);
}

/// What a schema cannot say: targets, replies, commands and expressions must be well-formed.
std::string problem_with_texts(const Condition& condition, const Json& with) {
  for (const Parameter& parameter : condition.parameters) {
    const Json& value = with.at(std::string(parameter.name));
    if (value.is_null() || parameter.kind != Parameter::Kind::kTarget) continue;
    if (auto why = problem_with_target(condition, parameter, value.get<std::string>()); !why.empty())
      return why;
  }
  return condition.problem ? condition.problem(with) : std::string();
}

/// Other names of the parameter `is`, which a table needs for the condition's own name.
constexpr std::string_view kOtherNamesOfIs[] = {"equals", "value", "reply"};
constexpr std::string_view kIs = "is";

/// `is` under its own name, and as text where a text is wanted: value = 5 is the text "5".
Json with_is(const Condition& condition, Json given) {
  const Parameter* is = find_parameter(condition, kIs);
  if (!is || !given.is_object()) return given;
  for (const std::string_view other : kOtherNamesOfIs)
    if (!given.contains(kIs) && given.contains(other) && !find_parameter(condition, other)) {
      given[kIs] = given.at(std::string(other));
      given.erase(std::string(other));
    }
  if (is->kind == Parameter::Kind::kText && given.contains(kIs) && given.at(kIs).is_number_integer())
    given[kIs] = given.at(kIs).dump();
  return given;
}

bool to_be_filled(const Parameter& parameter, const Json& value) {
  return parameter.kind == Parameter::Kind::kInteger && value.is_string() &&
         value.get<std::string>().find('{') != std::string::npos;
}

/// The conditions within a condition, each completed in its place.
Json complete_nested(Json with, std::string& problem) {
  const auto complete_one = [&](Json& inner) {
    const ConditionPlan plan = complete_condition(inner, problem);
    if (problem.empty()) inner = nested_json(plan);
  };
  if (with.contains("condition")) complete_one(with["condition"]);
  if (!with.contains("conditions")) return with;
  if (!with["conditions"].is_array() || with["conditions"].empty())
    problem = "'conditions' must be an array of at least one condition";
  else
    for (Json& inner : with["conditions"]) complete_one(inner);
  return with;
}

std::string problem_with_name(const std::string& name) {
  std::vector<std::string_view> names;
  for (const Condition& condition : kConditions) names.push_back(condition.name);
  if (!find_condition(name)) return "unknown condition '" + name + "'" + suggestion_or_all(name, names);
  return {};
}

/// The key under which a table names its condition: `is`; or `condition`, `expect` or `wait`, so that `is`
/// can be the parameter. Empty: none.
std::string_view name_key(const Json& given) {
  const auto is_text = [&](std::string_view key) { return given.contains(key) && given.at(key).is_string(); };
  const bool negation = is_text(kIs) && given.at(kIs) == "not";
  for (const std::string_view key : {"condition", "expect", "wait"})
    if (is_text(key) && !negation) return key;
  return is_text(kIs) ? kIs : std::string_view();
}

/// The parameters with what their placeholders stand for now.
Json filled(const Condition& condition, Json with, ClusterNow& now, std::string& problem) {
  for (const Parameter& parameter : condition.parameters) {
    Json& value = with.at(std::string(parameter.name));
    const bool number = to_be_filled(parameter, value);
    if (!number && (parameter.kind != Parameter::Kind::kText || !value.is_string())) continue;
    const std::string text = fill_known(value.get<std::string>(), now, problem);
    value = text;
    if (!problem.empty() || !number) continue;
    value = Json::parse(text, nullptr, false);
    if (value.is_discarded()) value = text;
    problem = problem_with(parameter, value);
    if (!problem.empty()) problem += ", and is '" + text + "' now";
  }
  return with;
}

std::string words_of_value(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_object() && value.contains("with")) return "(" + words(nested_condition(value)) + ")";
  if (!value.is_array()) return value.dump();
  std::string text;
  for (const Json& item : value) text += (text.empty() ? "" : " ") + words_of_value(item);
  return text;
}

}  // namespace

std::span<const Condition> conditions() {
  return kConditions;
}

const Condition* find_condition(std::string_view name) {
  const auto* found = std::ranges::find(kConditions, name, &Condition::name);
  return found == std::end(kConditions) ? nullptr : found;
}

Json without_placeholders(const Condition& condition, Json with) {
  for (const Parameter& parameter : condition.parameters) {
    const std::string name(parameter.name);
    if (with.contains(name) && to_be_filled(parameter, with.at(name)))
      with[name] = static_cast<std::int64_t>(parameter.least);
  }
  return with;
}

ConditionPlan complete_condition(const std::string& name, const Json& parameters, std::string& problem) {
  if (problem.empty()) problem = problem_with_name(name);
  if (!problem.empty()) return {};
  const Condition& condition = *find_condition(name);
  const Json given = with_is(condition, parameters);
  Json with = complete(condition.parameters, without_placeholders(condition, given), problem).json();
  for (const Parameter& parameter : condition.parameters)
    if (const std::string key(parameter.name);
        problem.empty() && given.contains(key) && to_be_filled(parameter, given.at(key)))
      with[key] = given.at(key);
  if (problem.empty()) problem = problem_with_texts(condition, with);
  if (problem.empty()) with = complete_nested(std::move(with), problem);
  if (problem.empty()) return {name, Parameters(with)};
  problem = "condition '" + name + "': " + problem;
  return {};
}

ConditionPlan complete_condition(const Json& given, std::string& problem) {
  if (given.is_string()) return complete_condition(given.get<std::string>(), Json::object(), problem);
  const std::string name = given.is_object() ? std::string(name_key(given)) : std::string();
  if (name.empty()) {
    problem = "a condition is a name, or a table with 'is' and the condition's parameters";
    return {};
  }
  Json parameters = given;
  parameters.erase(name);
  return complete_condition(given.at(name).get<std::string>(), parameters, problem);
}

bool needs_bus_path(const ConditionPlan& plan) {
  const Condition* condition = find_condition(plan.is);
  if (condition && condition->needs_bus_path) return true;
  const Json& with = plan.with.json();
  const auto its = [](const Json& inner) { return needs_bus_path(nested_condition(inner)); };
  if (with.contains("condition") && its(with.at("condition"))) return true;
  return with.contains("conditions") && std::ranges::any_of(with.at("conditions"), its);
}

WhyNot why_not(ClusterNow& now, const ConditionPlan& plan) {
  const Condition* condition = find_condition(plan.is);
  CHECK_THAT_HOLDS(condition != nullptr, "plans name only conditions of the table");
  std::string problem;
  const Json with = filled(*condition, plan.with.json(), now, problem);
  if (!problem.empty()) return problem;
  return condition->why_not(now, Parameters(with));
}

std::string words(const ConditionPlan& condition) {
  std::string text = condition.is;
  for (const auto& [name, value] : condition.with.json().items()) {
    if (value.is_null()) continue;
    const bool nested = name == "condition" || name == "conditions";
    text += " " + (nested ? "" : name + "=") + words_of_value(value);
  }
  return text;
}

}  // namespace harness
