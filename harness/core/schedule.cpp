#include "harness/core/schedule.h"

#include <cmath>

namespace harness {
namespace {

Nanos from_seconds(double seconds) {
  return static_cast<Nanos>(std::llround(seconds * 1e3)) * kMillisecond;
}

}  // namespace

std::string_view to_string(StepCondition condition) {
  switch (condition) {
    case StepCondition::kNone:
      return "none";
    case StepCondition::kRecovered:
      return "recovered";
    case StepCondition::kSettled:
      return "settled";
  }
  return "none";
}

Schedule plan_schedule(std::span<const StepTemplate> steps, int node_timeout_ms, Prng& prng) {
  Schedule schedule;
  for (const StepTemplate& step : steps) {
    PlannedStep planned;
    planned.after = from_seconds(step.after_s_min + (step.after_s_max - step.after_s_min) * prng.unit());
    planned.condition = step.condition;
    planned.fault = step.fault;
    planned.target = step.target;
    planned.hold = from_seconds(step.hold_s + step.hold_timeouts * node_timeout_ms / 1e3);
    schedule.push_back(std::move(planned));
  }
  return schedule;
}

}  // namespace harness
