#include "harness/scenario/plan_check.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "checkers/checkers.h"
#include "checkers/known.h"
#include "harness/builds/directives.h"
#include "harness/builds/features.h"
#include "harness/cluster/shape.h"
#include "harness/cluster/target.h"
#include "harness/conditions/clients.h"
#include "harness/conditions/conditions.h"
#include "harness/conditions/placeholders.h"
#include "harness/conditions/reply_pattern.h"
#include "harness/core/check.h"
#include "harness/core/json_reason.h"
#include "harness/core/suggest.h"
#include "harness/faults/faults.h"
#include "harness/scenario/first_step.h"
#include "harness/scenario/sections.h"
#include "workloads/workloads.h"

namespace harness {
namespace {

using Json = nlohmann::json;

constexpr std::array<Named, 3> kCapabilities = {
    {{"network", "hosts with a network of their own, for cuts and packet faults"},
     {"debug-command", "a server that takes DEBUG"},
     {"strong-mode", "a build with cluster-strong: the bundled node"}}};

constexpr std::array<Named, 9> kReachable = {
    {{"failover", "a replica was promoted"},
     {"full-sync", "a replica took a whole copy of its master"},
     {"ask", "a client was redirected by ASK"},
     {"lost-election", "a replica asked for votes and did not get them"},
     {"stale-client", "a client was redirected by MOVED"},
     {"epoch-collision", "two masters had the same config epoch"},
     {"cluster-down", "some node had the cluster as down"},
     {"open-slot", "a slot was being migrated"},
     {"node-failing", "some node had another as failing, or failed"}}};

std::string in_quotes(std::string_view name) {
  return "'" + std::string(name) + "'";
}

template <typename Table>
std::string unknown(std::string_view what, std::string_view name, const Table& table) {
  std::vector<std::string_view> names;
  for (const auto& entry : table) names.push_back(entry.name);
  return "unknown " + std::string(what) + " " + in_quotes(name) + suggestion(name, names);
}

/// The number behind "n", when the text is a node's name.
std::optional<int> node_number(std::string_view text) {
  int number = 0;
  if (!text.starts_with('n')) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// "2027-06-30"; no 30th of February.
bool is_day(const std::string& text) {
  static const std::regex form("(\\d{4})-(\\d\\d)-(\\d\\d)");
  std::smatch found;
  if (!std::regex_match(text, found, form)) return false;
  const auto number = [&](int group) { return static_cast<unsigned>(std::stoi(found[group].str())); };
  return std::chrono::year_month_day(std::chrono::year(static_cast<int>(number(1))),
                                     std::chrono::month(number(2)), std::chrono::day(number(3)))
      .ok();
}

class PlanCheck {
 public:
  explicit PlanCheck(const Plan& plan) : plan_(plan) {}

  std::optional<PlanProblem> run() {
    check_names();
    check_cluster();
    for (const LoadPlan& load : plan_.loads) check_load(load);
    for (const StepPlan& step : plan_.steps) check_step(step);
    check_known();
    check_repeating();
    return problem_;
  }

 private:
  /// The first problem counts.
  void need(bool holds, const std::string& part, const std::string& why) {
    if (!holds && !problem_) problem_ = PlanProblem{part, why};
  }
  void need_none(const std::string& part, const std::string& why) { need(why.empty(), part, why); }

  void check_names() {
    for (const std::string& name : plan_.requires_) check_required(name);
    for (const std::string& name : plan_.limits.must_reach)
      need(std::ranges::count(kReachable, name, &Named::name) > 0, "limits.must-reach",
           unknown("state", name, kReachable) + " in 'must-reach'");
    for (const std::string& name : plan_.limits.checks)
      need(is_check(name), "limits.checks", unknown_check(name) + " in 'checks': 'harness list' shows them");
  }

  /// A checker; or a load, whose check is shown under the load's name.
  bool is_check(std::string_view name) const {
    return find_checker(name) != nullptr || std::ranges::count(plan_.loads, name, &LoadPlan::name) > 0;
  }

  std::string unknown_check(std::string_view name) const {
    std::vector<std::string_view> names;
    for (const LoadPlan& load : plan_.loads) names.push_back(load.name);
    for (const Checker& checker : checkers()) names.push_back(checker.name);
    return "unknown checker " + in_quotes(name) + suggestion(name, names);
  }

  /// A capability; a feature of releases; or a fault, a family of them ("packet-*"), or a condition that must
  /// be to be had.
  void check_required(const std::string& name) {
    std::string ignored;
    const bool known = std::ranges::count(kCapabilities, name, &Named::name) > 0 ||
                       std::ranges::count(features(), name, &FeatureEntry::name) > 0 ||
                       !faults_named(name, ignored).empty() || find_condition(name) != nullptr;
    std::vector<std::string_view> names;
    for (const Named& capability : kCapabilities) names.push_back(capability.name);
    for (const FeatureEntry& feature : features()) names.push_back(feature.name);
    for (const Fault& fault : faults()) names.push_back(fault.name);
    for (const Condition& condition : conditions()) names.push_back(condition.name);
    need(known, "requires",
         "unknown capability " + in_quotes(name) + suggestion(name, names) + " in 'requires'");
  }

  void check_cluster() {
    const ClusterPlan& cluster = plan_.cluster;
    const auto masters = static_cast<std::size_t>(std::max(cluster.config.masters, 0));
    const std::string wanted = ": one entry for each of the " + std::to_string(masters) + " masters";
    need(cluster.replicas_of.empty() || cluster.replicas_of.size() == masters, "cluster.replicas",
         "'replicas' has " + std::to_string(cluster.replicas_of.size()) + " entries" + wanted);
    need(cluster.slots.empty() || cluster.slots.size() == masters, "cluster.slots",
         "'slots' has " + std::to_string(cluster.slots.size()) + " entries" + wanted);
    need(cluster.config.node_timeout_ms >= 1, "cluster.node-timeout",
         "the node timeout must be at least 1 ms: it is " + std::to_string(cluster.config.node_timeout_ms));
    check_slots();
    check_directives("cluster.directives", cluster.directives);
    for (const auto& [name, node] : cluster.nodes) {
      need_none("cluster.nodes." + name, problem_with_node(name));
      check_directives("cluster.nodes." + name, node.directives);
    }
    try {
      check_shape(cluster);
    } catch (const UsageError& error) {
      need_none("cluster.masters", error.what());
    }
  }

  void check_slots() {
    std::set<int> taken;
    for (const SlotRanges& ranges : plan_.cluster.slots)
      for (const SlotRange& range : ranges)
        for (int slot = range.first; slot <= range.last; ++slot)
          need(taken.insert(slot).second, "cluster.slots",
               "slot " + std::to_string(slot) + " is given to two masters");
  }

  void check_directives(const std::string& part, const std::map<std::string, std::string>& directives) {
    for (const auto& [name, value] : directives)
      need_none(part + "." + name, why_directive_refused(name, value));
    const auto clients = directives.find("maxclients");
    if (clients == directives.end()) return;
    const int needed = clients_of_a_node();
    need(std::atoi(clients->second.c_str()) >= needed, part + ".maxclients",
         "the directive 'maxclients' must be " + std::to_string(needed) +
             " at least: the loads' processes, replicas and the harness itself are clients of a node");
  }

  /// The most connections that a node of this plan has: a process of a load has one to each master.
  int clients_of_a_node() const {
    constexpr int kOfTheHarness = 16;  // the observer, steps, the formation, final reads
    int clients = kOfTheHarness + plan_.cluster.size();
    for (const LoadPlan& load : plan_.loads) clients += load.concurrency;
    return clients;
  }

  /// Empty for what is no node's name.
  std::string problem_with_node(std::string_view name) const {
    const auto number = node_number(name);
    if (number && *number >= 1 && *number <= plan_.cluster.size()) return {};
    return "there is no node " + in_quotes(name) + ": the cluster has n1 to n" +
           std::to_string(plan_.cluster.size());
  }

  void check_load(const LoadPlan& load) {
    const std::string part = "loads." + load.name;
    const WorkloadEntry* workload = find_workload(load.workload);
    need(workload != nullptr, part, unknown("workload", load.workload, workloads()));
    need(!load.name.empty() && std::ranges::count(plan_.loads, load.name, &LoadPlan::name) == 1,
         part + ".name", "each load needs a name of its own: " + in_quotes(load.name) + " is not");
    need(load.name == load.workload || find_checker(load.name) == nullptr, part + ".name",
         in_quotes(load.name) + " is a checker: the check of a load bears the load's name, so give another");
    need(load.operation_timeout_ms >= 1, part + ".operation-timeout",
         "the operation timeout of the load " + in_quotes(load.name) + " must be at least 1 ms");
    need(load.client_groups >= 1 && load.concurrency >= load.client_groups, part + ".concurrency",
         "concurrency " + std::to_string(load.concurrency) + " of the load " + in_quotes(load.name) +
             " is too small: it has " + std::to_string(load.client_groups) +
             " client groups, and each needs a process");
    need(load.rate >= 0, part, "a rate cannot be negative");
    need(load.start < load.stop, part + ".stop",
         "the load " + in_quotes(load.name) + " stops before it starts");
    if (workload) check_complete(part, workload->options, load.options);
  }

  void check_complete(const std::string& part, std::span<const Parameter> schema, const Parameters& given) {
    std::string problem;
    const Parameters all = complete(schema, given.json(), problem);
    need_none(part, problem);
    need(!problem.empty() || all.json() == given.json(), part, "its parameters are not complete");
  }

  void check_step(const StepPlan& step) {
    const std::string part = "steps." + step.id;
    need(!step.id.empty() && step.id.find('.') == std::string::npos && step.id != "previous" &&
             step.id != "start",
         part + ".id",
         in_quotes(step.id) + " cannot be a step's id: previous, start and dots mean something else");
    need(!earlier_.contains(step.id), part + ".id", "two steps are called " + in_quotes(step.id));
    check_anchor(step, part);
    check_kind(step, part);
    asking_ = &step;
    if (step.when) check_condition(*step.when, part + ".when");
    if (step.until) check_condition(*step.until, part + ".until");
    if (step.condition) check_condition(*step.condition, part);
    need(step.after_least <= step.after_most, part + ".after",
         "'after' goes from its least to its most, and here the least is the greater");
    need(step.repeat >= 1, part, "'repeat' must be at least 1");
    earlier_.insert(step.id);
    if (!step.save.empty()) saved_.insert(step.save);
  }

  /// The id of another step (not of `except`) that was meant, perhaps.
  std::string suggested_step(const std::string& id, const std::string& except) const {
    std::vector<std::string_view> names;
    for (const StepPlan& step : plan_.steps)
      if (step.id != except) names.push_back(step.id);
    return suggestion(id, names);
  }

  const StepPlan* find_step(const std::string& id) const {
    const auto found = std::ranges::find(plan_.steps, id, &StepPlan::id);
    return found == plan_.steps.end() ? nullptr : &*found;
  }

  const StepPlan* awaited_by(const StepPlan& step) const { return harness::awaited_by(plan_, step); }

  void check_anchor(const StepPlan& step, const std::string& part) {
    const bool anchored =
        step.since.kind == StepAnchor::Kind::kTaken || step.since.kind == StepAnchor::Kind::kEnded;
    const bool of_word = step.since.step == "start" || step.since.step == "previous";
    need(!anchored || !of_word, part + ".since",
         in_quotes(step.since.step + ".end") + " is no instant: give \"" + step.since.step +
             "\", or \"ID.end\" for the end of a step");
    need(!anchored || find_step(step.since.step) != nullptr, part + ".since",
         "'since' must be previous, start, or the id of a step: " + in_quotes(step.since.step) + " is none" +
             suggested_step(step.since.step, step.id));
    std::size_t behind = 0;
    for (const StepPlan* before = awaited_by(step); before; before = awaited_by(*before))
      if (++behind > plan_.steps.size()) return tell_circle(step, part);
  }

  void tell_circle(const StepPlan& step, const std::string& part) {
    std::string chain = in_quotes(step.id);
    std::set<const StepPlan*> told;
    for (const StepPlan* before = awaited_by(step); told.insert(before).second; before = awaited_by(*before))
      chain += " waits for " + in_quotes(before->id);
    need(false, part + ".since", "'since' goes round in a circle, and none of these ever begins: " + chain);
  }

  /// What a command of the step may say: whatever earlier steps save, in the file or by what it waits for.
  std::set<std::string> saved_before(const StepPlan& step) const {
    std::set<std::string> saved = saved_;
    std::size_t behind = 0;
    for (const StepPlan* before = awaited_by(step); before && behind < plan_.steps.size();
         before = awaited_by(*before), ++behind)
      if (!before->save.empty()) saved.insert(before->save);
    return saved;
  }

  void check_kind(const StepPlan& step, const std::string& part) {
    switch (step.kind) {
      case StepPlan::Kind::kFault:
        return check_fault(step, part);
      case StepPlan::Kind::kHeal:
        return check_heal(step, part);
      case StepPlan::Kind::kCommand:
        return check_command(step, part);
      case StepPlan::Kind::kExpect:
      case StepPlan::Kind::kWait:
        return need(step.condition.has_value(), part, "an expectation or a wait needs a condition");
    }
  }

  void check_fault(const StepPlan& step, const std::string& part) {
    const Fault* fault = find_fault(step.name);
    need(fault != nullptr, part, unknown("fault", step.name, faults()));
    if (!fault) return;
    need(fault->heals || (!step.hold && !step.until), part,
         in_quotes(step.name) + " is an event and cannot be held");
    check_target(step.target, part + ".target");
    check_complete(part + ".with", fault->parameters, step.with);
    if (!problem_) need_none(part + ".with", fault->problem(step.with));
    check_targets_in(fault->parameters, step.with, part + ".with");
    if (!problem_ && acts_on_what_was_created(plan_, step))
      need_none(part + ".target", why_impossible(*fault, step));
    need(!plan_.cluster.upgrade_to.empty() || builds_of(step).empty(), part,
         in_quotes(step.name) + " needs a build to restart nodes as: give --upgrade-to SPEC");
  }

  /// It would be the first that happens: who is what then is known.
  std::string why_impossible(const Fault& fault, const StepPlan& step) const {
    const std::string_view target = step.target.empty() ? fault.default_target : step.target;
    const std::string why = fault.impossible({target, step.with}, Creation(plan_.cluster));
    return why.empty() ? why : in_quotes(fault.name) + " would act on the cluster as it was created: " + why;
  }

  void check_heal(const StepPlan& step, const std::string& part) {
    const StepPlan* healed = find_step(step.name);
    need(healed != nullptr && healed != &step, part + ".heal",
         "'heal' must name another step: " + in_quotes(step.name) + " is none" +
             suggested_step(step.name, step.id));
    if (!healed) return;
    const Fault* fault = fault_of(*healed);
    need(fault != nullptr && fault->heals, part + ".heal",
         "the step " + in_quotes(step.name) + " is nothing that could be healed");
  }

  void check_command(const StepPlan& step, const std::string& part) {
    need(!step.command.empty(), part + ".command", "a command has at least one word");
    check_words(step.command, saved_before(step), part + ".command");
    need_none(part + ".reply", misspelt_placeholder(step.reply, saved_before(step)));
    check_nodes_of_placeholders(step.reply, part + ".reply");
    need_none(part + ".reply", problem_with_pattern(step.reply));
    check_target(step.target, part + ".on");
  }

  void check_words(const std::vector<std::string>& words, const std::set<std::string>& saved,
                   const std::string& part) {
    need_none(part, problem_with_placeholders(words, saved));
    for (const std::string& word : words) check_nodes_of_placeholders(word, part);
  }

  void check_nodes_of_placeholders(const std::string& text, const std::string& part) {
    static const std::regex of_node("\\{(?:id|ip|port|bus-port):([^{}]*)\\}");
    for (std::sregex_iterator it(text.begin(), text.end(), of_node), end; it != end; ++it)
      check_nodes_in((*it)[1].str(), part);
  }

  void check_target(const std::string& target, const std::string& part) {
    const TargetCheck check = harness::check_target(target);
    need(check.valid, part, check.problem);
    check_nodes_in(target, part);
  }

  /// Every node that the text names (n99; n1,n4; replica-of n1) must be one of the cluster's.
  void check_nodes_in(const std::string& text, const std::string& part) {
    static const std::regex word("[^ ,\"\\[\\]]+");
    for (std::sregex_iterator it(text.begin(), text.end(), word), end; it != end; ++it)
      if (node_number(it->str())) need_none(part, problem_with_node(it->str()));
  }

  void check_targets_in(std::span<const Parameter> schema, const Parameters& with, const std::string& part) {
    for (const Parameter& parameter : schema)
      if (parameter.kind == Parameter::Kind::kTarget && with.has(parameter.name))
        check_nodes_in(with.text(parameter.name), part + "." + std::string(parameter.name));
  }

  void check_load_named(const std::string& name, const std::string& part) {
    need(std::ranges::count(plan_.loads, name, &LoadPlan::name) > 0, part,
         unknown("load", name, plan_.loads) + (plan_.loads.empty() ? ": there is none" : ""));
  }

  void check_condition(const ConditionPlan& condition, const std::string& part) {
    const Condition* entry = find_condition(condition.is);
    need(entry != nullptr, part, unknown("condition", condition.is, conditions()));
    if (!entry) return;
    check_complete(part, entry->parameters, Parameters(without_placeholders(*entry, condition.with.json())));
    if (problem_) return;
    check_targets_in(entry->parameters, condition.with, part);
    if (condition.with.has("load")) check_load_named(condition.with.text("load"), part + ".load");
    check_texts_of(condition, *entry, part);
    for (const auto& [name, value] : condition.with.json().items()) check_nested(value, part + "." + name);
  }

  /// Commands, replies and lists of nodes within a condition.
  void check_texts_of(const ConditionPlan& condition, const Condition& entry, const std::string& part) {
    if (entry.problem) need_none(part, entry.problem(condition.with.json()));
    if (problem_) return;
    const std::set<std::string> saved = saved_before(*asking_);
    std::string problem;
    if (condition.with.has("nodes"))
      check_nodes_in(condition.with.json().at("nodes").dump(), part + ".nodes");
    if (!condition.with.has("command")) return;
    check_words(command_words(condition.with.json().at("command"), problem), saved, part + ".command");
    need_none(part + ".is", misspelt_placeholder(condition.with.text("is"), saved));
  }

  /// A condition within a condition stands as {"is": ..., "with": ...}.
  void check_nested(const Json& value, const std::string& part) {
    if (value.is_array())
      for (const Json& item : value) check_nested(item, part);
    if (value.is_object() && value.contains("is") && value.contains("with") && value["with"].is_object())
      check_condition({value["is"].get<std::string>(), Parameters(value["with"])}, part);
  }

  void check_known() {
    for (std::size_t i = 0; i < plan_.known.size(); ++i) {
      const KnownViolation& known = plan_.known[i];
      const std::string part = "known." + std::to_string(i);
      need(is_check(known.check), part + ".check", unknown_check(known.check) + " in [[known]]");
      need(!known.anomaly.empty(), part + ".anomaly", "a known violation needs an 'anomaly'");
      need(!known.reason.empty(), part + ".reason", "a known violation needs a 'reason'");
      need_none(part + ".anomaly", problem_with_anomaly(known.anomaly));
      need_none(part + ".builds", problem_with_builds(known.builds));
      need(known.until.empty() || is_day(known.until), part + ".until", "'until' must be a day: 2027-06-30");
    }
  }

  void check_repeating() {
    need(!plan_.limits.repeat_steps || plan_.limits.time_limit > 0, "limits.repeat-steps",
         "steps that begin again need a 'time-limit'");
    need(!plan_.limits.no_faults ||
             std::ranges::none_of(plan_.steps,
                                  [](const StepPlan& step) { return step.kind == StepPlan::Kind::kFault; }),
         "limits.no-faults", "the run is told to have no faults, and has one");
  }

  const Plan& plan_;
  std::optional<PlanProblem> problem_;
  std::set<std::string, std::less<>> earlier_;
  std::set<std::string> saved_;
  const StepPlan* asking_ = nullptr;  // the step whose conditions are looked at
};

}  // namespace

std::optional<PlanProblem> problem_with(const Plan& plan) {
  return PlanCheck(plan).run();
}

std::vector<std::string> builds_of(const StepPlan& step) {
  std::vector<std::string> specs;
  const Fault* fault = fault_of(step);
  if (!fault) return specs;
  for (const Parameter& parameter : fault->parameters)
    if (parameter.kind == Parameter::Kind::kBuild && step.with.has(parameter.name))
      specs.push_back(step.with.text(parameter.name));
  return specs;
}

std::span<const Named> capability_names() {
  return kCapabilities;
}

std::span<const Named> reachable_states() {
  return kReachable;
}

Plan load_plan(const std::string& file) {
  const std::string text = text_of_file(file, "plan file");
  Plan plan;
  try {
    plan = Json::parse(text).get<Plan>();
  } catch (const Json::exception& error) {
    throw UsageError(file + " is no plan: " + json_reason(error));
  }
  if (const auto problem = problem_with(plan))
    throw UsageError(file + ": plan." + problem->part + ": " + problem->why);
  return plan;
}

}  // namespace harness
