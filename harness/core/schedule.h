// A schedule: faults one after another, each a while after the one before it, planned from the seed.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/prng.h"
#include "harness/core/time.h"

namespace harness {

/// What must hold before a step may begin.
enum class StepCondition {
  kNone,
  kRecovered,  // every slot is served again by a reachable master, and the majority agrees
  kSettled,    // all nodes are back, in roles that all agree on
};
std::string_view to_string(StepCondition condition);

/// A step as a scenario words it: times may be ranges.
struct StepTemplate {
  double after_s_min = 1;  // since the step before ended (or the load began) and its condition held
  double after_s_max = 1;
  StepCondition condition = StepCondition::kNone;
  std::string fault;   // name in the table of faults
  std::string target;  // see harness/faults/target.h; empty: the fault's own default
  double hold_s = 0;   // how long a fault that heals lasts: hold_s + hold_timeouts × node timeout
  double hold_timeouts = 0;
};

/// A step with its times drawn.
struct PlannedStep {
  Nanos after = 0;
  StepCondition condition = StepCondition::kNone;
  std::string fault;
  std::string target;
  Nanos hold = 0;
};

using Schedule = std::vector<PlannedStep>;

/// The same steps and the same stream give the same schedule.
Schedule plan_schedule(std::span<const StepTemplate> steps, int node_timeout_ms, Prng& prng);

}  // namespace harness
