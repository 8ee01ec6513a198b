#include "harness/run/plan_of_scenario.h"

#include <cmath>

#include "harness/run/settle.h"

namespace harness {
namespace {

Nanos from_seconds(double seconds) {
  return static_cast<Nanos>(std::llround(seconds * 1e3)) * kMillisecond;
}

StepPlan planned(const StepTemplate& step, const ClusterConfig& config, std::string id, const Plan& plan) {
  StepPlan out;
  out.id = std::move(id);
  out.name = step.fault;
  out.target = step.target;
  out.after_least = from_seconds(step.after_s_min);
  out.after_most = from_seconds(step.after_s_max);
  Prng prng = stream_of_step(plan, out.id);
  out.after = from_seconds(step.after_s_min + (step.after_s_max - step.after_s_min) * prng.unit());
  if (step.condition != StepCondition::kNone)
    out.when = ConditionPlan{std::string(to_string(step.condition)), Parameters()};
  out.patience = std::chrono::nanoseconds(settle_patience(config)).count();
  out.hold = from_seconds(step.hold_s + step.hold_timeouts * config.node_timeout_ms / 1e3);
  return out;
}

}  // namespace

Plan plan_of_scenario(const Scenario& scenario, std::uint64_t seed) {
  Plan plan;
  plan.scenario = scenario.name;
  plan.seed = seed;
  plan.cluster.config = scenario.cluster;
  plan.cluster.persistence = scenario.persistence;
  plan.cluster.directives = scenario.directives;
  plan.limits.time_limit = from_seconds(scenario.time_limit_s);
  plan.limits.tail = from_seconds(scenario.tail_s);
  plan.limits.repeat_steps = true;
  for (const StepTemplate& step : scenario.steps)
    plan.steps.push_back(planned(step, scenario.cluster, "s" + std::to_string(plan.steps.size() + 1), plan));
  return plan;
}

}  // namespace harness
