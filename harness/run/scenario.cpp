#include "harness/run/scenario.h"

#include <algorithm>
#include <fstream>
#include <functional>
#include <optional>
#include <sstream>

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include "harness/core/check.h"
#include "harness/core/suggest.h"
#include "harness/faults/faults.h"
#include "harness/faults/target.h"

namespace harness {
namespace {

[[noreturn]] void refuse(const std::string& source, const toml::source_region& where,
                         const std::string& why) {
  throw UsageError(source + ":" + std::to_string(where.begin.line) + ":" +
                   std::to_string(where.begin.column) + ": " + why);
}

/// One table of the file. Every key must be asked for before the table is done: a key that nobody asked for
/// is a misspelling, and is refused with the nearest name.
class Section {
 public:
  Section(const toml::table& table, std::string source, std::string name)
      : table_(table), source_(std::move(source)), name_(std::move(name)) {}

  template <typename T>
  void read(std::string_view key, T& out, std::optional<T> min = {}, std::optional<T> max = {}) {
    const toml::node* node = find(key);
    if (!node) return;
    const auto value = node->value<T>();
    if (!value) refuse(source_, node->source(), "'" + std::string(key) + "' must be " + kind_of<T>());
    if constexpr (std::is_arithmetic_v<T>) {
      if ((min && *value < *min) || (max && *value > *max))
        refuse(source_, node->source(), "'" + std::string(key) + "' is out of range" + range_text(min, max));
    }
    out = *value;
  }

  /// A number, or [least, most].
  void read_range(std::string_view key, double& least, double& most) {
    const toml::node* node = find(key);
    if (!node) return;
    if (const toml::array* pair = node->as_array()) {
      const auto low = pair->size() == 2 ? (*pair)[0].value<double>() : std::nullopt;
      const auto high = pair->size() == 2 ? (*pair)[1].value<double>() : std::nullopt;
      if (!low || !high || *low < 0 || *low > *high)
        refuse(source_, node->source(),
               "'" + std::string(key) + "' must be a number or [least, most], 0 or more");
      least = *low;
      most = *high;
    } else {
      read<double>(key, least, 0.0, 1e6);
      most = least;
    }
  }

  void read_names(std::string_view key, std::vector<std::string>& out) {
    const toml::node* node = find(key);
    if (!node) return;
    const toml::array* array = node->as_array();
    if (!array) refuse(source_, node->source(), "'" + std::string(key) + "' must be an array of names");
    for (const toml::node& element : *array) {
      const auto name = element.value<std::string>();
      if (!name) refuse(source_, element.source(), "'" + std::string(key) + "' must hold names");
      out.push_back(*name);
    }
  }

  /// Every key with a scalar value, as text: a server's own directives.
  void read_all(std::map<std::string, std::string>& out) {
    for (const auto& [key, node] : table_) {
      if (const auto text = node.value<std::string>())
        out[std::string(key.str())] = *text;
      else if (const auto flag = node.as_boolean())
        out[std::string(key.str())] = flag->get() ? "yes" : "no";
      else if (const auto number = node.as_integer())
        out[std::string(key.str())] = std::to_string(number->get());
      else
        refuse(source_, node.source(),
               "a directive's value must be a string, a whole number or true or false");
    }
  }

  std::optional<Section> table(std::string_view key) {
    const toml::node* node = find(key);
    if (!node) return std::nullopt;
    if (!node->as_table()) refuse(source_, node->source(), "'" + std::string(key) + "' must be a table");
    return Section(*node->as_table(), source_, std::string(key));
  }

  std::vector<Section> tables(std::string_view key) {
    std::vector<Section> sections;
    const toml::node* node = find(key);
    if (!node) return sections;
    const toml::array* array = node->as_array();
    if (!array || !array->is_array_of_tables())
      refuse(source_, node->source(),
             "'" + std::string(key) + "' must be written as [[" + std::string(key) + "]]");
    for (const toml::node& element : *array)
      sections.emplace_back(*element.as_table(), source_, std::string(key));
    return sections;
  }

  [[noreturn]] void refuse_key(std::string_view key, const std::string& why) const {
    const toml::node* node = table_.get(key);
    refuse(source_, node ? node->source() : table_.source(), why);
  }

  void done() const {
    for (const auto& [key, node] : table_) {
      const std::string_view name = key.str();
      if (std::ranges::find(asked_, name) != asked_.end()) continue;
      refuse(source_, key.source(),
             "unknown key '" + std::string(name) + "'" + (name_.empty() ? "" : " in [" + name_ + "]") +
                 suggestion(name, asked_));
    }
  }

 private:
  const toml::node* find(std::string_view key) {
    asked_.push_back(key);
    return table_.get(key);
  }
  template <typename T>
  static std::string kind_of() {
    if constexpr (std::is_same_v<T, bool>) return "true or false";
    if constexpr (std::is_same_v<T, std::string>) return "a string";
    if constexpr (std::is_same_v<T, double>) return "a number";
    return "a whole number";
  }
  template <typename T>
  static std::string range_text(std::optional<T> min, std::optional<T> max) {
    std::ostringstream text;
    if (min) text << ": at least " << *min;
    if (max) text << (min ? ", at most " : ": at most ") << *max;
    return text.str();
  }

  const toml::table& table_;
  std::string source_;
  std::string name_;
  std::vector<std::string_view> asked_;
};

void read_cluster(Section section, Scenario& scenario) {
  ClusterConfig& config = scenario.cluster;
  section.read<std::string>("server", scenario.server);
  section.read<int>("masters", config.masters, 0, 16384);
  section.read<int>("replicas", config.replicas, 0, 1000);
  section.read<int>("node-timeout", config.node_timeout_ms, 100, 3'600'000);
  section.read<bool>("require-full-coverage", config.require_full_coverage);
  section.read<int>("replica-validity-factor", config.replica_validity_factor, 0, 100000);
  section.read<int>("migration-barrier", config.migration_barrier, 0, 1000);
  section.read<bool>("allow-replica-migration", config.allow_replica_migration);
  std::string persistence(to_string(scenario.persistence));
  section.read<std::string>("persistence", persistence);
  try {
    scenario.persistence = persistence_from(persistence);
  } catch (const UsageError& error) {
    section.refuse_key("persistence", error.what());
  }
  if (auto directives = section.table("directives")) directives->read_all(scenario.directives);
  section.done();
}

void read_load(Section section, Scenario& scenario) {
  section.read<std::string>("workload", scenario.workload);
  section.read<int>("concurrency", scenario.concurrency, 1, 10000);
  section.read<int>("client-groups", scenario.client_groups, 1, 16);
  section.read<double>("rate", scenario.rate, 0.0, 1e7);
  section.read<int>("operation-timeout", scenario.operation_timeout_ms, 10, 600'000);
  for (const char* name : {"keys", "hot-keys"}) {
    int number = -1;
    section.read<int>(name, number, 0, 1'000'000);
    if (number >= 0) scenario.workload_options[name] = number;
  }
  for (const char* name : {"hot-share", "read", "write"}) {
    double share = -1;
    section.read<double>(name, share, 0.0, 1.0);
    if (share >= 0) scenario.workload_options[name] = share;
  }
  section.done();
}

StepTemplate read_step(Section section) {
  StepTemplate step;
  std::string condition = "none";
  section.read<std::string>("fault", step.fault);
  section.read<std::string>("target", step.target);
  section.read_range("after", step.after_s_min, step.after_s_max);
  section.read<std::string>("condition", condition);
  section.read<double>("hold", step.hold_s, 0.0, 1e6);
  section.read<double>("hold-timeouts", step.hold_timeouts, 0.0, 1e4);
  section.done();

  const Fault* fault = find_fault(step.fault);
  if (!fault) {
    std::vector<std::string_view> names;
    for (const Fault& known : faults()) names.push_back(known.name);
    section.refuse_key("fault", step.fault.empty()
                                    ? "a step needs a 'fault' (harness list shows them)"
                                    : "unknown fault '" + step.fault + "'" + suggestion(step.fault, names));
  }
  if (step.target.empty()) step.target = fault->default_target;
  if (const TargetCheck check = check_target(step.target); !check.valid)
    section.refuse_key("target", check.problem);
  const double hold_s_and_timeouts = step.hold_s + step.hold_timeouts;
  if (fault->heals && hold_s_and_timeouts <= 0)
    section.refuse_key("hold", "'" + step.fault +
                                   "' lasts until it is healed: say how long with 'hold' (seconds) or "
                                   "'hold-timeouts' (node timeouts)");
  if (!fault->heals && hold_s_and_timeouts > 0)
    section.refuse_key("hold", "'" + step.fault + "' is an event and cannot be held");
  if (condition == "recovered") {
    step.condition = StepCondition::kRecovered;
  } else if (condition == "settled") {
    step.condition = StepCondition::kSettled;
  } else if (condition != "none") {
    section.refuse_key("condition", "'condition' must be \"none\", \"recovered\" or \"settled\"");
  }
  return step;
}

}  // namespace

Scenario parse_scenario(std::string_view toml, const std::string& source) {
  const toml::parse_result parsed = toml::parse(toml, source);
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    refuse(source, error.source(), std::string(error.description()));
  }
  Scenario scenario;
  Section root(parsed.table(), source, "");
  root.read<std::string>("description", scenario.description);
  if (auto cluster = root.table("cluster")) read_cluster(*cluster, scenario);
  if (auto load = root.table("load")) read_load(*load, scenario);
  if (auto run = root.table("run")) {
    run->read<double>("time-limit", scenario.time_limit_s, 0.0, 1e6);
    run->read<double>("tail", scenario.tail_s, 0.0, 1e6);
    run->read<double>("settle", scenario.settle_s, 0.0, 1e6);
    run->read<bool>("restart-at-end", scenario.restart_at_end);
    run->read_names("checks", scenario.checks);
    run->done();
  }
  for (Section& step : root.tables("step")) scenario.steps.push_back(read_step(step));
  root.done();
  return scenario;
}

Scenario load_scenario(const std::string& name_or_file) {
  for (const BundledScenario& bundled : bundled_scenarios()) {
    if (bundled.name != name_or_file) continue;
    Scenario scenario = parse_scenario(bundled.toml, std::string(bundled.name) + ".toml");
    scenario.name = bundled.name;
    return scenario;
  }
  std::vector<std::string_view> names;
  for (const BundledScenario& bundled : bundled_scenarios()) names.push_back(bundled.name);
  const std::filesystem::path path(name_or_file);
  if (path.extension() != ".toml")
    throw UsageError("unknown scenario '" + name_or_file + "'" + suggestion(name_or_file, names) +
                     ": give a name that 'harness list' shows, or a .toml file");
  std::ifstream file(path);
  if (!file) throw UsageError("cannot read the scenario file " + name_or_file);
  std::ostringstream text;
  text << file.rdbuf();
  Scenario scenario = parse_scenario(text.str(), name_or_file);
  scenario.name = path.stem().string();
  return scenario;
}

}  // namespace harness
