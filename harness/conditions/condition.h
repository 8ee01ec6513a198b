// What a condition is: something that holds of the cluster now, or does not, with the reason. One table
// serves `when`, `until`, `wait` and `expect` of a scenario's steps.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "harness/conditions/cluster_now.h"
#include "harness/core/parameter.h"

namespace harness {

/// Nothing when it holds; else why not, in words.
using WhyNot = std::optional<std::string>;

struct Condition {
  std::string_view name;
  std::string_view description;  // "holds when ..."
  std::span<const Parameter> parameters;
  /// REQUIRES: the parameters are complete, as the schema has them.
  WhyNot (*why_not)(ClusterNow& now, const Parameters& with);
  /// What is wrong with parameters that fit the schema and their targets; empty: nothing.
  std::string (*problem)(const nlohmann::json& with) = nullptr;
  /// Whether it asks what passed on the cluster bus: the run then has a bus path.
  bool needs_bus_path = false;
};

}  // namespace harness
