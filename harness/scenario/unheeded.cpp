#include "harness/scenario/unheeded.h"

#include <algorithm>

#include "harness/faults/faults.h"

namespace harness {
namespace {

bool restarts_as_a_build(const Fault& fault) {
  return std::ranges::any_of(
      fault.parameters, [](const Parameter& parameter) { return parameter.kind == Parameter::Kind::kBuild; });
}

bool changes_builds(const Scenario& scenario) {
  const auto of_a_step = [](const ScenarioStep& step) {
    const Fault* fault = fault_of(step.plan);
    return fault != nullptr && restarts_as_a_build(*fault);
  };
  const auto drawn = [](const RandomSteps::Choice& choice) {
    const Fault* fault = find_fault(choice.fault);
    return fault != nullptr && restarts_as_a_build(*fault);
  };
  return std::ranges::any_of(scenario.steps, of_a_step) ||
         (scenario.random && std::ranges::any_of(scenario.random->faults, drawn));
}

/// "upgrade, downgrade"
std::string faults_that_change_builds() {
  std::string names;
  for (const Fault& fault : faults())
    if (restarts_as_a_build(fault)) names += (names.empty() ? "" : ", ") + std::string(fault.name);
  return names;
}

/// A directive that a node has for itself stands before that of all.
std::string why_directive_fixed(const std::string& option, const ClusterPlan& cluster) {
  const std::string name = option.substr(0, option.find(' '));
  for (const auto& [node, own] : cluster.nodes)
    if (own.directives.contains(name))
      return "--directive '" + name + "': the scenario gives " + node +
             " a value of its own, which stands before it: change that in a copy of the file";
  return {};
}

}  // namespace

std::string why_fixed(const RunOptions& options, const Scenario& scenario) {
  const ClusterPlan& cluster = scenario.plan.cluster;
  const std::string mend = ": leave the option out, or change that in a copy of the file";
  if (options.masters && !cluster.slots.empty())
    return "--masters: the scenario says which slots each of its " + std::to_string(cluster.slots.size()) +
           " masters has" + mend;
  if (!cluster.replicas_of.empty() && (options.masters || options.replicas))
    return std::string(options.replicas ? "--replicas" : "--masters") +
           ": the scenario says how many replicas each master has" + mend;
  for (const std::string& directive : options.directives)
    if (const std::string why = why_directive_fixed(directive, cluster); !why.empty()) return why;
  return {};
}

std::string why_without_effect(const RunOptions& options, const Scenario& scenario) {
  if (options.upgrade_to && !changes_builds(scenario))
    return "--upgrade-to: the run has no step that restarts nodes as another build (" +
           faults_that_change_builds() +
           "): --server names the build, --nemesis upgrade adds such a step, 'harness list' shows scenarios "
           "with one";
  if (!scenario.plan.loads.empty()) return {};
  const std::string mend = ": the scenario has no load; --workload W gives it one";
  if (options.rate) return "--rate" + mend;
  if (options.concurrency) return "--concurrency" + mend;
  if (options.strict) return "--strict" + mend;
  return {};
}

}  // namespace harness
