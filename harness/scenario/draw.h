// From a scenario and a seed to the plan: every choice drawn, every default filled in.
#pragma once

#include <cstdint>

#include "harness/scenario/scenario.h"

namespace harness {

/// A pure function. Step S draws from stream_of_step(plan, S.id) alone, so that a step left out changes
/// nothing that another one draws. Throws UsageError, with the place in the file, for what cannot be carried
/// out (plan_check.h).
Plan draw(const Scenario& scenario, std::uint64_t seed);

/// [random] as ordinary steps r1, r2, ... of the plan. REQUIRES: a count, or a time limit in the plan.
std::vector<StepPlan> draw_random(const RandomSteps& random, const Plan& plan);

}  // namespace harness
