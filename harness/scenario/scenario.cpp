#include "harness/scenario/scenario.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "harness/core/anomaly_kind.h"
#include "harness/core/check.h"
#include "harness/core/path_unit.h"
#include "harness/core/suggest.h"
#include "harness/scenario/sections.h"
#include "workloads/workloads.h"

namespace harness {
namespace {

void require_something(const Scenario& scenario, const std::string& source) {
  if (!scenario.plan.loads.empty() || !scenario.steps.empty() || scenario.random) return;
  throw UsageError(source + ": the scenario tests nothing: give it a [[load]], a [[step]] or [random]");
}

/// A load has nothing to say of its own end when nothing else ends the run.
void require_an_end(const Section& root, const Scenario& scenario) {
  if (scenario.random && scenario.random->count == 0 && scenario.plan.limits.time_limit == 0)
    root.refuse("random", "[random] needs a 'count', or the run a 'time-limit'");
}

/// A list of known violations is of several scenarios; what stands in the scenario is of its own steps.
void require_known_steps(const Scenario& scenario) {
  std::vector<std::string_view> steps{kFormationStep};
  for (const ScenarioStep& step : scenario.steps) steps.push_back(step.plan.id);
  for (std::size_t i = 0; i < scenario.plan.known.size(); ++i) {
    const std::string_view anomaly = scenario.plan.known[i].anomaly;
    if (!anomaly.starts_with(kExpectationKind)) continue;
    const std::string_view step = anomaly.substr(kExpectationKind.size());
    if (std::ranges::find(steps, step) != steps.end()) continue;
    throw UsageError(scenario.places.at("known." + std::to_string(i) + ".anomaly") + "unknown step '" +
                     std::string(step) + "'" + suggestion(step, steps) + " in [[known]]");
  }
}

/// The load's options, with files that are named from the scenario's folder.
Parameters with_absolute_paths(const LoadPlan& load, const std::filesystem::path& folder) {
  nlohmann::json options = load.options.json();
  for (const Parameter& parameter : find_workload(load.workload)->options) {
    const std::string name(parameter.name);
    if (parameter.unit != kPathUnit || options.at(name).get<std::string>().empty()) continue;
    options[name] = (folder / options[name].get<std::string>()).lexically_normal().string();
  }
  return Parameters(options);
}

}  // namespace

std::string text_of_file(const std::filesystem::path& path, std::string_view what) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored))
    throw UsageError(path.string() + " is a directory, not a " + std::string(what));
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file.is_open() || file.bad() || (text.fail() && std::filesystem::file_size(path, ignored) > 0))
    throw UsageError("cannot read the " + std::string(what) + " " + path.string() + ": " +
                     std::strerror(errno));
  return std::move(text).str();
}

Scenario parse_scenario(std::string_view toml, const std::string& source) {
  const toml::parse_result parsed = toml::parse(toml, source);
  if (!parsed)
    throw UsageError(place_of(source, parsed.error().source()) + std::string(parsed.error().description()));
  Scenario scenario;
  Section root(parsed.table(), source, "");
  root.read("description", scenario.plan.description);
  root.read("promise", scenario.plan.promise);
  root.read_names("tags", scenario.plan.tags);
  root.read_names("requires", scenario.plan.requires_);
  root.read_names("catches", scenario.catches);
  scenario.places["requires"] = root.place("requires");
  if (auto cluster = root.table("cluster")) read_cluster(*cluster, scenario);
  for (Section& load : root.tables("load", true)) read_load(load, scenario);
  for (Section& step : root.tables("step")) read_step(step, scenario);
  if (auto random = root.table("random")) read_random(*random, scenario);
  if (auto limits = root.table("run")) read_limits(*limits, scenario);
  for (Section& known : root.tables("known")) read_known(known, scenario);
  root.done();
  require_something(scenario, source);
  require_an_end(root, scenario);
  require_known_steps(scenario);
  return scenario;
}

Scenario load_scenario(const std::string& name_or_file) {
  std::vector<std::string_view> names;
  for (const BundledScenario& bundled : bundled_scenarios()) {
    names.push_back(bundled.name);
    const bool with_folder = name_or_file == std::string(bundled.folder) + "/" + std::string(bundled.name);
    if (bundled.name != name_or_file && !with_folder) continue;
    Scenario scenario = parse_scenario(bundled.toml, std::string(bundled.name) + ".toml");
    scenario.plan.scenario = bundled.name;
    return scenario;
  }
  const std::filesystem::path path(name_or_file);
  std::error_code ignored;
  if (path.extension() != ".toml" && std::filesystem::exists(path, ignored))
    throw UsageError(name_or_file + " is no scenario: the name of a scenario file ends in .toml");
  if (path.extension() != ".toml")
    throw UsageError("unknown scenario '" + name_or_file + "'" + suggestion(name_or_file, names) +
                     ": give a name that 'harness list' shows, or a .toml file");
  Scenario scenario = parse_scenario(text_of_file(path, "scenario file"), name_or_file);
  scenario.plan.scenario = path.stem().string();
  for (LoadPlan& load : scenario.plan.loads)
    load.options = with_absolute_paths(load, std::filesystem::absolute(path).parent_path());
  return scenario;
}

}  // namespace harness
