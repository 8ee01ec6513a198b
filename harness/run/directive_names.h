// Directives whose names no server knows: refused before the load, with the nearest name that it does know.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "harness/cluster/cluster.h"
#include "harness/core/plan.h"

namespace harness {

struct UnknownDirective {
  std::string part;  // of the plan: cluster.directives.maxmemory-polcy
  std::string why;
};

/// What a server that did not start refused, if it is a directive of the plan that its build does not know.
/// The names come from the build itself, started once more without the plan's directives; `scratch` is a
/// folder for that. REQUIRES: Cluster::start() failed.
std::optional<UnknownDirective> unknown_directive(const ClusterPlan& plan, Cluster& cluster,
                                                  const std::filesystem::path& scratch);

/// A directive that a step of the plan changes and no server has. REQUIRES: the servers answer.
std::optional<UnknownDirective> unknown_directive_of_steps(const Plan& plan, Cluster& cluster);

}  // namespace harness
