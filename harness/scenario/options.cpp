#include "harness/scenario/options.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "harness/builds/server.h"
#include "harness/core/check.h"
#include "harness/core/suggest.h"
#include "harness/faults/faults.h"
#include "harness/scenario/draw.h"
#include "harness/scenario/known_list.h"
#include "harness/scenario/plan_check.h"
#include "harness/scenario/plan_place.h"
#include "harness/scenario/sections.h"
#include "harness/scenario/unheeded.h"
#include "workloads/workloads.h"

namespace harness {
namespace {

template <typename T>
void override_with(const std::optional<T>& option, T& value) {
  if (option) value = *option;
}

/// A number as a person would type it.
template <typename T>
std::string plain(T number) {
  std::ostringstream text;
  text << number;
  return text.str();
}

/// A step of --nemesis: it waits until the cluster is whole again.
ScenarioStep step_of(const Fault& fault, std::string_view when, Nanos least, Nanos most) {
  ScenarioStep step;
  step.plan.name = fault.name;
  step.plan.target = fault.default_target;
  step.plan.when = ConditionPlan{std::string(when), Parameters()};
  step.plan.after_least = least;
  step.plan.after_most = most;
  std::string problem;
  step.plan.with = complete(fault.parameters, Parameters().json(), problem);
  if (!problem.empty())
    throw UsageError("--nemesis: '" + step.plan.name + "' cannot be had without a scenario: " + problem);
  if (!fault.heals) return step;
  step.held = true;
  step.hold_least_s = step.hold_most_s = 3;
  step.hold_timeouts = 2;
  return step;
}

/// Each fault in turn, one at a time; a crash is followed by a restart.
std::vector<ScenarioStep> steps_for(const std::vector<std::string>& names) {
  std::vector<ScenarioStep> steps;
  const auto add = [&](ScenarioStep step) {
    step.plan.id = "s" + std::to_string(steps.size() + 1);
    steps.push_back(std::move(step));
  };
  for (const std::string& name : names) {
    std::string problem;
    for (const std::string& found : faults_named(name, problem)) {
      const Fault& fault = *find_fault(found);
      add(step_of(fault, "settled", 2 * kSecond, 4 * kSecond));
      if (fault.kind != EffectKind::kDown || fault.heals || fault.starts_again) continue;
      for (const Fault& starter : faults())
        if (starter.kind == EffectKind::kStart) {
          add(step_of(starter, "recovered", kSecond, 3 * kSecond));
          break;
        }
    }
    if (!problem.empty()) throw UsageError("--nemesis: " + problem + ", 'none' means none");
  }
  return steps;
}

void apply_nemesis(const RunOptions& options, Scenario& scenario) {
  if (options.nemesis.empty()) return;
  scenario.random.reset();
  scenario.steps.clear();
  scenario.plan.limits.no_faults = options.nemesis == std::vector<std::string>{"none"};
  if (!scenario.plan.limits.no_faults) scenario.steps = steps_for(options.nemesis);
}

/// With a time limit the steps of a scenario begin again, once all is settled, until then; those that say
/// themselves when they begin, and random ones, do not.
void apply_time_limit(const RunOptions& options, Scenario& scenario) {
  if (!options.time_limit_s) return;
  scenario.plan.limits.time_limit = std::llround(*options.time_limit_s * 1e9);
  const bool plain = !scenario.random && !scenario.steps.empty() &&
                     std::ranges::all_of(scenario.steps, [](const ScenarioStep& step) {
                       return step.plan.kind == StepPlan::Kind::kFault &&
                              step.plan.since.kind == StepAnchor::Kind::kPrevious;
                     });
  scenario.plan.limits.repeat_steps = plain && scenario.plan.limits.time_limit > 0;
  if (scenario.random && scenario.random->count == 0 && scenario.plan.limits.time_limit == 0)
    throw UsageError("--time-limit 0: the scenario's [random] has no 'count' and would never end");
}

void apply_workload(const std::string& name, std::vector<LoadPlan>& loads) {
  const WorkloadEntry* workload = find_workload(name);
  std::vector<std::string_view> names;
  for (const WorkloadEntry& known : workloads()) names.push_back(known.name);
  if (!workload)
    throw UsageError("unknown workload '" + name + "'" + suggestion_or_all(name, names) +
                     "; 'harness list' tells of them");
  LoadPlan load = loads.empty() ? LoadPlan{} : loads.front();
  if (load.workload != name) {
    std::string problem;
    load.options = complete(workload->options, Parameters().json(), problem);
    if (!problem.empty()) throw UsageError("--workload " + name + ": " + problem);
  }
  load.name = load.workload = name;
  loads = {load};
}

/// Of all loads together: several share it evenly.
void apply_loads(const RunOptions& options, std::vector<LoadPlan>& loads) {
  if (options.workload) apply_workload(*options.workload, loads);
  const int count = static_cast<int>(loads.size());
  if (options.concurrency && *options.concurrency < count)
    throw UsageError("--concurrency " + std::to_string(*options.concurrency) + " is too small for " +
                     std::to_string(count) + " loads");
  for (int i = 0; i < count; ++i) {
    LoadPlan& load = loads[static_cast<std::size_t>(i)];
    if (options.rate) load.rate = *options.rate / count;
    if (options.concurrency)
      load.concurrency = *options.concurrency * (i + 1) / count - *options.concurrency * i / count;
  }
}

void apply_cluster(const RunOptions& options, ClusterPlan& cluster) {
  if (options.server) cluster.servers = split_specs(*options.server);
  if (options.upgrade_to) cluster.upgrade_to = {*options.upgrade_to};
  if (options.masters || options.replicas) cluster.replicas_of.clear();
  if (options.masters) cluster.slots.clear();
  override_with(options.masters, cluster.config.masters);
  override_with(options.replicas, cluster.config.replicas);
  override_with(options.node_timeout_ms, cluster.config.node_timeout_ms);
  for (const std::string& directive : options.directives) {
    const std::size_t space = directive.find(' ');
    if (space == 0 || space == std::string::npos)
      throw UsageError("--directive '" + directive + "': give \"NAME VALUE\"");
    cluster.directives[directive.substr(0, space)] = directive.substr(space + 1);
  }
}

/// What an option says does not stand in the file.
void name_places(const RunOptions& options, Scenario& scenario) {
  if (options.replicas) scenario.places["cluster.masters"] = "--replicas: ";
  if (options.masters) scenario.places["cluster.masters"] = "--masters: ";
  if (options.server) scenario.places["cluster.server"] = "--server: ";
  for (const std::string& directive : options.directives)
    scenario.places["cluster.directives." + directive.substr(0, directive.find(' '))] = "--directive: ";
}

/// What the steps say of builds gives way to --upgrade-to.
void forget_builds(std::vector<ScenarioStep>& steps) {
  for (ScenarioStep& step : steps) {
    const Fault* fault = fault_of(step.plan);
    if (!fault) continue;
    nlohmann::json with = step.plan.with.json();
    for (const Parameter& parameter : fault->parameters)
      if (parameter.kind == Parameter::Kind::kBuild) with[std::string(parameter.name)] = "";
    step.plan.with = Parameters(with);
  }
}

/// REQUIRES: a reason against an option, or none.
void require_none(const std::string& why) {
  if (!why.empty()) throw UsageError(why);
}

/// Three masters with a replica each, and registers; its only fault gives way to those that are named.
constexpr std::string_view kPlainScenario = "failover-kill";

}  // namespace

RunOptions with_a_scenario(RunOptions options) {
  const bool named = !options.scenario.empty() || !options.plan.empty() || !options.tag.empty();
  if (!named && (options.workload || !options.nemesis.empty())) options.scenario = kPlainScenario;
  return options;
}

void check_options(const RunOptions& options) {
  const int sources = !options.scenario.empty() + !options.plan.empty() + !options.tag.empty();
  if (sources != 1)
    throw UsageError(sources == 0
                         ? "say what to run: a SCENARIO ('harness list' shows them), --plan FILE or --tag TAG"
                         : "give one of a SCENARIO, --plan and --tag");
  const bool changes = options.seed || options.time_limit_s || options.masters || options.replicas ||
                       options.node_timeout_ms || options.concurrency || options.rate || options.workload ||
                       !options.nemesis.empty() || !options.directives.empty() || !options.known.empty() ||
                       options.strict || options.upgrade_to;
  if (!options.plan.empty() && changes)
    throw UsageError("--plan carries a plan out as it stands: beside it only --server may say what to run");
}

Plan plan_for(const RunOptions& options, const std::string& name, std::uint64_t seed) {
  if (!options.plan.empty()) {
    Plan plan = load_plan(options.plan);
    if (options.server) plan.cluster.servers = split_specs(*options.server);
    return plan;
  }
  Scenario scenario = load_scenario(name);
  require_none(why_fixed(options, scenario));
  apply_cluster(options, scenario.plan.cluster);
  name_places(options, scenario);
  apply_loads(options, scenario.plan.loads);
  apply_nemesis(options, scenario);
  require_none(why_without_effect(options, scenario));
  if (options.upgrade_to) forget_builds(scenario.steps);
  apply_time_limit(options, scenario);
  if (options.strict) scenario.plan.limits.strict = true;
  for (const std::string& list : options.known) add_known(load_known(list), scenario);
  return draw(scenario, seed);
}

std::string told_by_place(const RunOptions& options, const std::string& name, const std::string& refusal) {
  const std::size_t end = refusal.find(": ");
  const std::string part = refusal.substr(0, end);
  if (end == std::string::npos || (!part.starts_with("cluster.") && !part.starts_with("steps.")))
    return refusal;
  if (!options.plan.empty()) return options.plan + ": plan." + refusal;
  Scenario scenario = load_scenario(name);
  name_places(options, scenario);
  const std::string place = place_in_file(scenario, part);
  return place.empty() ? refusal : place + refusal.substr(end + 2);
}

std::vector<std::string> scenarios_tagged(const std::string& tag) {
  std::vector<std::string> names;
  for (const BundledScenario& bundled : bundled_scenarios()) {
    const Scenario scenario = load_scenario(std::string(bundled.name));
    if (std::ranges::count(scenario.plan.tags, tag) > 0) names.emplace_back(bundled.name);
  }
  return names;
}

std::string no_such_tag(const std::string& tag) {
  std::set<std::string> tags;
  for (const BundledScenario& bundled : bundled_scenarios())
    for (const std::string& one : load_scenario(std::string(bundled.name)).plan.tags) tags.insert(one);
  const std::vector<std::string_view> names(tags.begin(), tags.end());
  return "no bundled scenario has the tag '" + tag + "'" + suggestion(tag, names);
}

std::string shell_word(const std::string& word) {
  const bool plain = !word.empty() && std::ranges::all_of(word, [](unsigned char c) {
    return std::isalnum(c) || c == '-' || c == '_' || c == '.' || c == '/' || c == ':' || c == '=' ||
           c == ',' || c == '+';
  });
  if (plain) return word;
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

std::string reproduce_command(const RunOptions& options, const std::string& scenario, std::uint64_t seed) {
  std::string command = "./harness run ";
  command += options.plan.empty() ? shell_word(scenario) + " --seed " + std::to_string(seed)
                                  : "--plan " + shell_word(options.plan);
  const auto add = [&](std::string_view flag, const std::string& value) {
    command += " " + std::string(flag) + " " + shell_word(value);
  };
  if (options.server) add("--server", *options.server);
  if (options.upgrade_to) add("--upgrade-to", *options.upgrade_to);
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
  for (const std::string& directive : options.directives) add("--directive", directive);
  for (const std::string& list : options.known) add("--known", list);
  if (options.sandbox != "auto") add("--sandbox", options.sandbox);
  if (options.strict) command += " --strict";
  if (options.quick_build) command += " --quick-build";
  return command;
}

}  // namespace harness
