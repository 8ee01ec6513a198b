#include "harness/run/options.h"

#include <algorithm>
#include <sstream>

#include "harness/core/check.h"
#include "harness/core/suggest.h"
#include "harness/faults/faults.h"

namespace harness {
namespace {

template <typename T>
void override_with(const std::optional<T>& option, T& value) {
  if (option) value = *option;
}

/// Quoted for a shell when it has to be.
std::string quoted(const std::string& word) {
  const bool plain = !word.empty() && std::ranges::all_of(word, [](unsigned char c) {
    return std::isalnum(c) || c == '-' || c == '_' || c == '.' || c == '/' || c == ':' || c == '=' ||
           c == ',' || c == '+';
  });
  if (plain) return word;
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

/// A number as a person would type it.
template <typename T>
std::string plain(T number) {
  std::ostringstream text;
  text << number;
  return text.str();
}

}  // namespace

std::vector<StepTemplate> steps_for(const std::vector<std::string>& fault_names) {
  if (fault_names == std::vector<std::string>{"none"}) return {};
  std::vector<std::string_view> known;
  for (const Fault& fault : faults()) known.push_back(fault.name);
  std::vector<StepTemplate> steps;
  for (const std::string& name : fault_names) {
    const Fault* fault = find_fault(name);
    if (!fault)
      throw UsageError("--nemesis: unknown fault '" + name + "'" + suggestion(name, known) +
                       ": 'harness list' shows the faults, 'none' means none");
    StepTemplate step;
    step.fault = fault->name;
    step.target = fault->default_target;
    step.condition = StepCondition::kSettled;
    step.after_s_min = 2;
    step.after_s_max = 4;
    if (fault->heals) {
      step.hold_s = 3;
      step.hold_timeouts = 2;
    }
    steps.push_back(step);
    const bool crash = !fault->heals && fault->name != "restart";
    if (!crash) continue;
    StepTemplate restart;
    restart.fault = "restart";
    restart.target = "dead";
    restart.condition = StepCondition::kRecovered;
    restart.after_s_min = 1;
    restart.after_s_max = 3;
    steps.push_back(restart);
  }
  return steps;
}

Scenario effective_scenario(const RunOptions& options) {
  Scenario scenario = load_scenario(options.scenario);
  override_with(options.server, scenario.server);
  override_with(options.time_limit_s, scenario.time_limit_s);
  override_with(options.masters, scenario.cluster.masters);
  override_with(options.replicas, scenario.cluster.replicas);
  override_with(options.node_timeout_ms, scenario.cluster.node_timeout_ms);
  override_with(options.concurrency, scenario.concurrency);
  override_with(options.rate, scenario.rate);
  override_with(options.workload, scenario.workload);
  if (!options.nemesis.empty()) scenario.steps = steps_for(options.nemesis);
  ClusterPlan shape;
  shape.config = scenario.cluster;
  shape.directives = scenario.directives;
  check_shape(shape);
  if (scenario.concurrency < scenario.client_groups)
    throw UsageError("--concurrency " + std::to_string(scenario.concurrency) +
                     " is too small: the scenario has " + std::to_string(scenario.client_groups) +
                     " client groups, and each needs a process");
  return scenario;
}

std::string reproduce_command(const RunOptions& options, std::uint64_t seed) {
  std::string command = "./harness run " + quoted(options.scenario) + " --seed " + std::to_string(seed);
  const auto add = [&](std::string_view flag, const std::string& value) {
    command += " " + std::string(flag) + " " + quoted(value);
  };
  if (options.server) add("--server", *options.server);
  if (options.time_limit_s) add("--time-limit", plain(*options.time_limit_s));
  if (options.masters) add("--masters", plain(*options.masters));
  if (options.replicas) add("--replicas", plain(*options.replicas));
  if (options.node_timeout_ms) add("--node-timeout", plain(*options.node_timeout_ms));
  if (options.concurrency) add("--concurrency", plain(*options.concurrency));
  if (options.rate) add("--rate", plain(*options.rate));
  if (options.workload) add("--workload", *options.workload);
  if (!options.nemesis.empty()) {
    std::string names;
    for (const std::string& name : options.nemesis) names += (names.empty() ? "" : ",") + name;
    add("--nemesis", names);
  }
  if (options.sandbox != "auto") add("--sandbox", options.sandbox);
  if (options.strict) command += " --strict";
  if (options.quick_build) command += " --quick-build";
  return command;
}

}  // namespace harness
