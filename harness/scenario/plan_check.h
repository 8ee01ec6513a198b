// Whether a plan can be carried out: what the tables hold, what the cluster has, what the steps name. The
// same check for a plan drawn from a scenario and for one that was read from a file.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/plan.h"

namespace harness {

struct PlanProblem {
  std::string part;  // "steps.s1.target"
  std::string why;   // in words, with the mend
};

/// The first thing that is wrong; nothing when the plan can be carried out.
std::optional<PlanProblem> problem_with(const Plan& plan);

/// The SPECs of builds that the step's fault restarts nodes as; an empty one is that of --upgrade-to.
std::vector<std::string> builds_of(const StepPlan& step);

/// A name that `requires` or `must-reach` may hold.
struct Named {
  std::string_view name;
  std::string_view description;
};
std::span<const Named> capability_names();
std::span<const Named> reachable_states();

/// Reads a plan file. Throws UsageError for what is no plan, or one that cannot be carried out.
Plan load_plan(const std::string& file);

}  // namespace harness
