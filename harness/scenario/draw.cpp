#include "harness/scenario/draw.h"

#include <algorithm>
#include <cmath>

#include "harness/builds/server.h"
#include "harness/core/check.h"
#include "harness/scenario/plan_check.h"
#include "harness/scenario/plan_place.h"

namespace harness {
namespace {

/// Whole milliseconds, so that a plan reads well and is read back as it was.
Nanos between(double least_s, double most_s, Prng& prng) {
  return std::llround((least_s + (most_s - least_s) * prng.unit()) * 1e3) * kMillisecond;
}

/// What a step waits for by default is a failover, or a cluster that comes together again: with great node
/// timeouts that takes longer than the half minute of the language.
Nanos default_patience(const ClusterConfig& config) {
  return std::max(30 * kSecond, 10 * kSecond + 6 * config.node_timeout_ms * kMillisecond);
}

StepPlan drawn(const ScenarioStep& step, const Plan& plan) {
  StepPlan out = step.plan;
  Prng prng = stream_of_step(plan, out.id);
  out.after = between(to_seconds(out.after_least), to_seconds(out.after_most), prng);
  if (!step.patience_given) out.patience = default_patience(plan.cluster.config);
  if (!step.held) return out;
  const double timeouts_s = step.hold_timeouts * plan.cluster.config.node_timeout_ms / 1e3;
  out.hold = between(step.hold_least_s + timeouts_s, step.hold_most_s + timeouts_s, prng);
  return out;
}

/// The builds that steps restart nodes as: they are compiled before the run.
void collect_builds(Plan& plan) {
  std::vector<std::string>& builds = plan.cluster.upgrade_to;
  for (const StepPlan& step : plan.steps)
    for (const std::string& spec : builds_of(step))
      if (!spec.empty() && std::ranges::count(builds, spec) == 0) builds.push_back(spec);
}

/// The builds that the scenario names, refused where they stand. (A stored plan may name some that are gone.)
void require_builds(const Scenario& scenario) {
  const auto require = [&](const std::string& spec, const std::string& part) {
    if (const std::string why = why_no_build(spec); !why.empty())
      throw UsageError(place_in_file(scenario, part) + why);
  };
  for (const std::string& spec : scenario.plan.cluster.servers) require(spec, "cluster.server");
  for (const auto& [name, node] : scenario.plan.cluster.nodes)
    if (!node.server.empty()) require(node.server, "cluster.nodes." + name + ".server");
}

}  // namespace

std::string place_in_file(const Scenario& scenario, std::string part) {
  for (;;) {
    if (const auto found = scenario.places.find(part); found != scenario.places.end()) return found->second;
    const std::size_t dot = part.rfind('.');
    if (dot == std::string::npos) return {};
    part.resize(dot);
  }
}

Plan draw(const Scenario& scenario, std::uint64_t seed) {
  require_builds(scenario);
  Plan plan = scenario.plan;
  plan.seed = seed;
  if (!plan.limits.reload_at_end) plan.limits.reload_at_end = keeps_data(plan.cluster.persistence);
  for (const ScenarioStep& step : scenario.steps) plan.steps.push_back(drawn(step, plan));
  if (scenario.random) std::ranges::move(draw_random(*scenario.random, plan), std::back_inserter(plan.steps));
  collect_builds(plan);
  if (const auto problem = problem_with(plan))
    throw UsageError(place_in_file(scenario, problem->part) + problem->why);
  return plan;
}

}  // namespace harness
