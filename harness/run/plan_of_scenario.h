// The plan of a scenario's cluster and steps, its choices drawn from the seed.
#pragma once

#include <cstdint>

#include "harness/core/plan.h"
#include "harness/run/scenario.h"

namespace harness {

Plan plan_of_scenario(const Scenario& scenario, std::uint64_t seed);

}  // namespace harness
