#include "harness/scenario/write_scenario.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/core/slot_text.h"
#include "harness/faults/faults.h"
#include "workloads/workloads.h"

namespace harness {
namespace {

using Json = nlohmann::json;

bool is_bare(const std::string& key) {
  return !key.empty() && std::ranges::all_of(key, [](unsigned char c) {
    return (c < 0x80 && std::isalnum(c)) || c == '-' || c == '_';
  });
}

/// JSON's strings are TOML's basic strings, but for DEL, which TOML wants escaped.
std::string toml_string(const std::string& text) {
  std::string out = Json(text).dump();
  for (std::size_t at = 0; (at = out.find('\x7f', at)) != std::string::npos;) out.replace(at, 1, "\\u007f");
  return out;
}

std::string toml_key(const std::string& key) {
  return is_bare(key) ? key : toml_string(key);
}

/// Null has no form in TOML: what is null is left out.
std::string toml_value(const Json& value) {
  std::string text;
  if (value.is_string()) return toml_string(value.get<std::string>());
  if (value.is_array()) {
    for (const Json& item : value) text += (text.empty() ? "" : ", ") + toml_value(item);
    return "[" + text + "]";
  }
  if (!value.is_object()) return value.dump();
  for (const auto& [key, item] : value.items())
    if (!item.is_null()) text += (text.empty() ? "" : ", ") + toml_key(key) + " = " + toml_value(item);
  return text.empty() ? "{}" : "{ " + text + " }";
}

/// The lines of one table.
class Table {
 public:
  explicit Table(std::string header) : header_(std::move(header)) {}

  void put(const std::string& key, const Json& value) {
    if (!value.is_null()) lines_ += toml_key(key) + " = " + toml_value(value) + "\n";
  }
  template <typename T>
  void put_unless(const std::string& key, const T& value, const T& usual) {
    if (value != usual) put(key, value);
  }
  void put_seconds(const std::string& key, Nanos time, Nanos usual) {
    if (time != usual && time != kNever) put(key, to_seconds(time));
  }
  /// With its header, even when it is empty: a [[step]] without a key is one too.
  std::string text() const { return (header_.empty() ? "" : "\n" + header_ + "\n") + lines_; }
  bool empty() const { return lines_.empty(); }

 private:
  std::string header_;
  std::string lines_;
};

/// A table with one line a value of the map.
std::string map_text(const std::string& header, const std::map<std::string, std::string>& values) {
  Table table(header);
  for (const auto& [key, value] : values) table.put(key, value);
  return table.empty() ? "" : table.text();
}

/// The parameters that differ from what the schema says.
Json particular(const Parameters& parameters, std::span<const Parameter> schema) {
  Json out = Json::object();
  for (const Parameter& parameter : schema) {
    const std::string name(parameter.name);
    if (!parameters.has(name)) continue;
    const Json& value = parameters.json().at(name);
    if (parameter.fallback.empty() || Json::parse(parameter.fallback) != value) out[name] = value;
  }
  return out;
}

std::string parameters_text(const std::string& header, const Json& values) {
  Table table(header);
  for (const auto& [key, value] : values.items()) table.put(key, value);
  return table.empty() ? "" : table.text();
}

std::string cluster_text(const ClusterPlan& cluster) {
  const ClusterPlan usual;
  Table table("[cluster]");
  table.put("server", cluster.servers);
  table.put("masters", cluster.config.masters);
  table.put("replicas",
            cluster.replicas_of.empty() ? Json(cluster.config.replicas) : Json(cluster.replicas_of));
  if (!cluster.slots.empty()) {
    Json slots = Json::array();
    for (const SlotRanges& ranges : cluster.slots) slots.push_back(slot_ranges_text(ranges));
    table.put("slots", slots);
  }
  table.put_unless("spare", cluster.spare, usual.spare);
  table.put("node-timeout", cluster.config.node_timeout_ms);
  table.put("persistence", to_string(cluster.persistence));
  const ClusterConfig& config = usual.config;
  table.put_unless("require-full-coverage", cluster.config.require_full_coverage,
                   config.require_full_coverage);
  table.put_unless("replica-validity-factor", cluster.config.replica_validity_factor,
                   config.replica_validity_factor);
  table.put_unless("migration-barrier", cluster.config.migration_barrier, config.migration_barrier);
  table.put_unless("allow-replica-migration", cluster.config.allow_replica_migration,
                   config.allow_replica_migration);
  std::string text = table.text() + map_text("[cluster.directives]", cluster.directives);
  for (const auto& [name, node] : cluster.nodes) {
    std::map<std::string, std::string> values = node.directives;
    if (!node.server.empty()) values["server"] = node.server;
    text += map_text("[cluster.nodes." + toml_key(name) + "]", values);
  }
  return text;
}

std::string load_text(const LoadPlan& load) {
  const LoadPlan usual;
  Table table("[[load]]");
  table.put("workload", load.workload);
  table.put_unless("name", load.name, load.workload);
  table.put("concurrency", load.concurrency);
  table.put_unless("client-groups", load.client_groups, usual.client_groups);
  table.put("rate", load.rate);
  table.put_unless("operation-timeout", load.operation_timeout_ms, usual.operation_timeout_ms);
  table.put_seconds("start", load.start, usual.start);
  table.put_seconds("stop", load.stop, usual.stop);
  const WorkloadEntry* workload = find_workload(load.workload);
  const Json options = workload ? particular(load.options, workload->options) : load.options.json();
  return table.text() + parameters_text("[load.options]", options);
}

Json condition_json(const std::string& name, Json with);

/// A condition within another one is a name and its parameters; a list of them likewise.
Json nested(const Json& value) {
  if (value.is_array()) {
    Json list = Json::array();
    for (const Json& item : value) list.push_back(nested(item));
    return list;
  }
  const bool condition =
      value.is_object() && value.size() == 2 && value.contains("is") && value.contains("with");
  return condition ? condition_json(value.at("is").get<std::string>(), value.at("with")) : value;
}

/// Named by `is`, or by `condition` where a parameter is itself called `is`.
Json condition_json(const std::string& name, Json with) {
  for (Json& value : with) value = nested(value);
  with[with.contains("is") ? "condition" : "is"] = name;
  return with;
}

Json condition_json(const ConditionPlan& condition) {
  return condition_json(condition.is, condition.with.json());
}

std::string anchor_text(const StepAnchor& anchor) {
  switch (anchor.kind) {
    case StepAnchor::Kind::kStart:
      return "start";
    case StepAnchor::Kind::kTaken:
      return anchor.step;
    case StepAnchor::Kind::kEnded:
      return anchor.step + ".end";
    case StepAnchor::Kind::kPrevious:
      break;
  }
  return "previous";
}

void put_beginning(Table& table, const StepPlan& step) {
  const StepPlan usual;
  table.put_unless("since", anchor_text(step.since), anchor_text(usual.since));
  const bool again = step.repeat > 1 || step.repeat_for > 0;
  if (again)
    table.put("after", Json::array({to_seconds(step.after_least), to_seconds(step.after_most)}));
  else
    table.put_seconds("after", step.after, 0);
  if (step.when) table.put("when", condition_json(*step.when));
  table.put_seconds("patience", step.patience, usual.patience);
  table.put_unless("must", step.must, usual.must);
  table.put_unless("repeat", step.repeat, usual.repeat);
  table.put_seconds("repeat-for", step.repeat_for, 0);
}

void put_command(Table& table, const StepPlan& step) {
  table.put("command", step.command);
  table.put("on", step.target);
  table.put_unless("reply", step.reply, std::string());
  table.put_unless("save", step.save, std::string());
  table.put_unless("session", step.session, std::string());
}

void put_question(Table& table, const std::string& key, const StepPlan& step) {
  table.put(key, condition_json(*step.condition));
  table.put_seconds("within", step.within, 0);
  table.put_seconds("stay", step.stay, 0);
}

std::string fault_text(Table& table, const StepPlan& step, const ClusterPlan& cluster) {
  table.put("fault", step.name);
  table.put_unless("target", step.target, std::string());
  if (step.hold) table.put("hold", to_seconds(*step.hold));
  if (step.until) table.put("until", condition_json(*step.until));
  const Fault* fault = find_fault(step.name);
  Json with = fault ? particular(step.with, fault->parameters) : step.with.json();
  if (fault && !cluster.upgrade_to.empty())  // what --upgrade-to said
    for (const Parameter& parameter : fault->parameters)
      if (parameter.kind == Parameter::Kind::kBuild && !with.contains(std::string(parameter.name)))
        with[std::string(parameter.name)] = cluster.upgrade_to.front();
  return table.text() + parameters_text("[step.with]", with);
}

std::string step_text(const StepPlan& step, const ClusterPlan& cluster) {
  Table table("[[step]]");
  table.put("id", step.id);
  put_beginning(table, step);
  switch (step.kind) {
    case StepPlan::Kind::kFault:
      return fault_text(table, step, cluster);
    case StepPlan::Kind::kHeal:
      table.put("heal", step.name);
      break;
    case StepPlan::Kind::kCommand:
      put_command(table, step);
      break;
    case StepPlan::Kind::kExpect:
      put_question(table, "expect", step);
      break;
    case StepPlan::Kind::kWait:
      put_question(table, "wait", step);
      break;
  }
  return table.text();
}

std::string limits_text(const LimitsPlan& limits) {
  const LimitsPlan usual;
  Table table("[run]");
  table.put_seconds("time-limit", limits.time_limit, usual.time_limit);
  table.put_seconds("tail", limits.tail, usual.tail);
  table.put_seconds("settle", limits.settle, usual.settle);
  table.put_unless("restart-at-end", limits.restart_at_end, usual.restart_at_end);
  if (limits.reload_at_end) table.put("reload-at-end", *limits.reload_at_end);
  table.put_unless("checks", limits.checks, usual.checks);
  table.put_unless("must-reach", limits.must_reach, usual.must_reach);
  table.put_unless("stop-at-violation", limits.stop_at_violation, usual.stop_at_violation);
  table.put_unless("strict", limits.strict, usual.strict);
  table.put_unless("repeat-steps", limits.repeat_steps, usual.repeat_steps);
  table.put_unless("bus-evidence", limits.bus_evidence, usual.bus_evidence);
  table.put_unless("no-faults", limits.no_faults, usual.no_faults);
  return table.empty() ? "" : table.text();
}

std::string known_text(const KnownViolation& known) {
  Table table("[[known]]");
  table.put("check", known.check);
  table.put("anomaly", known.anomaly);
  table.put("reason", known.reason);
  table.put_unless("builds", known.builds, std::string());
  table.put_unless("until", known.until, std::string());
  return table.text();
}

std::string commented(std::string_view comment) {
  std::string text;
  while (!comment.empty()) {
    const std::size_t end = std::min(comment.find('\n'), comment.size());
    text += "# " + std::string(comment.substr(0, end)) + "\n";
    comment = comment.substr(std::min(end + 1, comment.size()));
  }
  return text;
}

}  // namespace

std::string scenario_text(const Plan& plan, std::string_view comment) {
  Table head("");
  head.put("description", plan.description);
  head.put_unless("promise", plan.promise, std::string());
  head.put_unless("tags", plan.tags, {});
  head.put_unless("requires", plan.requires_, {});
  std::string text = commented(comment) + head.text() + cluster_text(plan.cluster);
  for (const LoadPlan& load : plan.loads) text += load_text(load);
  for (const StepPlan& step : plan.steps) text += step_text(step, plan.cluster);
  text += limits_text(plan.limits);
  for (const KnownViolation& known : plan.known) text += known_text(known);
  return text;
}

}  // namespace harness
