// [[step]] in all its forms: fault, heal, command, expect, wait.
#include <algorithm>
#include <array>

#include "harness/conditions/clients.h"
#include "harness/conditions/conditions.h"
#include "harness/conditions/placeholders.h"
#include "harness/conditions/reply_pattern.h"
#include "harness/core/suggest.h"
#include "harness/faults/faults.h"
#include "harness/scenario/sections.h"

namespace harness {
namespace {

using Json = nlohmann::json;

struct Form {
  std::string_view key;
  StepPlan::Kind kind;
};
// In this order: an expectation of an answer brings a command.
constexpr std::array<Form, 5> kForms = {{{"fault", StepPlan::Kind::kFault},
                                         {"heal", StepPlan::Kind::kHeal},
                                         {"expect", StepPlan::Kind::kExpect},
                                         {"wait", StepPlan::Kind::kWait},
                                         {"command", StepPlan::Kind::kCommand}}};

bool asks(StepPlan::Kind kind) {
  return kind == StepPlan::Kind::kExpect || kind == StepPlan::Kind::kWait;
}

StepPlan::Kind form_of(const Section& section) {
  std::vector<const Form*> given;
  for (const Form& form : kForms)
    if (section.has(form.key)) given.push_back(&form);
  const bool brings_a_command = given.size() == 2 && asks(given[0]->kind) && given[1]->key == "command";
  if (given.size() == 1 || brings_a_command) return given[0]->kind;
  section.refuse(
      given.empty() ? "" : given.back()->key,
      "a step needs a 'fault', or a 'heal', 'command', 'expect' or 'wait', and exactly one of them");
}

StepAnchor anchor_of(const std::string& text) {
  using Kind = StepAnchor::Kind;
  if (text == "previous") return {Kind::kPrevious, {}};
  if (text == "start") return {Kind::kStart, {}};
  if (text.ends_with(".end")) return {Kind::kEnded, text.substr(0, text.size() - 4)};
  return {Kind::kTaken, text};
}

std::optional<ConditionPlan> read_condition(Section& section, std::string_view key) {
  const auto given = section.read_json(key);
  if (!given) return std::nullopt;
  std::string problem;
  ConditionPlan condition = complete_condition(*given, problem);
  if (!problem.empty()) section.refuse(key, "'" + std::string(key) + "': " + problem);
  return condition;
}

/// When it begins, whatever it is.
void read_beginning(Section& section, ScenarioStep& step) {
  std::string since = "previous";
  section.read("since", since);
  step.plan.since = anchor_of(since);
  Span after;
  section.read_span("after", after);
  step.plan.after_least = std::llround(after.least * 1e9);
  step.plan.after_most = std::llround(after.most * 1e9);
  step.plan.when = read_condition(section, "when");
  step.patience_given = section.has("patience");
  section.read_seconds("patience", step.plan.patience);
  section.read("must", step.plan.must);
  section.read("repeat", step.plan.repeat, 1, 100'000);
  section.read_seconds("repeat-for", step.plan.repeat_for);
  if (section.has("repeat") && section.has("repeat-for"))
    section.refuse("repeat-for", "a step has either 'repeat' (so many times) or 'repeat-for' (so long)");
}

const Fault& fault_of(const Section& section, const std::string& name) {
  if (const Fault* fault = find_fault(name)) return *fault;
  std::vector<std::string_view> names;
  for (const Fault& known : faults()) names.push_back(known.name);
  section.refuse("fault", "unknown fault '" + name + "'" + suggestion_or_all(name, names) +
                              "; 'harness list' tells of them");
}

void read_hold(Section& section, const Fault& fault, ScenarioStep& step) {
  Span hold;
  step.held = section.read_span("hold", hold) || section.has("hold-timeouts");
  section.read("hold-timeouts", step.hold_timeouts, 0, 1e4);
  step.hold_least_s = hold.least;
  step.hold_most_s = hold.most;
  step.plan.until = read_condition(section, "until");
  if (fault.heals) return;
  for (const char* key : {"hold", "hold-timeouts", "until"})
    if (section.has(key)) section.refuse(key, "'" + step.plan.name + "' is an event and cannot be held");
}

void read_fault(Section& section, ScenarioStep& step) {
  section.read("fault", step.plan.name);
  const Fault& fault = fault_of(section, step.plan.name);
  step.plan.target = fault.default_target;
  section.read("target", step.plan.target);
  read_hold(section, fault, step);
  auto with = section.table("with");
  std::string problem;
  step.plan.with = complete(fault.parameters, with ? with->read_rest() : Json::object(), problem);
  if (problem.empty()) return;
  problem = "fault '" + step.plan.name + "': " + problem;
  if (with) with->refuse_named(problem, {});
  section.refuse("fault", problem);
}

void read_command(Section& section, ScenarioStep& step) {
  std::string problem;
  step.plan.command = command_words(*section.read_json("command"), problem);
  if (problem.empty() && step.plan.command.empty()) problem = "'command' is empty";
  if (!problem.empty()) section.refuse("command", problem);
  section.read("on", step.plan.target);
  if (step.plan.target.empty()) section.refuse("command", "a command needs 'on': a target, or \"all\"");
  section.read("reply", step.plan.reply);
  if (section.has("reply") && step.plan.reply.empty()) step.plan.reply = kEmptyReply;
  if (problem = problem_with_pattern(step.plan.reply); !problem.empty()) section.refuse("reply", problem);
  section.read("save", step.plan.save);
  if (!can_be_saved_as(step.plan.save))
    section.refuse("save", "'save' must be a name without braces and colons, for later steps to say {name}");
  section.read("session", step.plan.session);
}

/// What may stand in a step beside the parameters of its condition.
constexpr std::array<std::string_view, 10> kKeysOfQuestions = {
    "id", "since", "after", "when", "patience", "must", "repeat", "repeat-for", "within", "stay"};

/// A key that is neither the step's nor the condition's, with the nearest of both.
void refuse_misspelt(const Section& section, const Json& given, const Json& beside) {
  const Condition* condition = given.is_string() ? find_condition(given.get<std::string>()) : nullptr;
  for (const auto& [key, value] : beside.items()) {
    if (!condition || std::ranges::count(condition->parameters, key, &Parameter::name) > 0) continue;
    std::vector<std::string_view> names(kKeysOfQuestions.begin(), kKeysOfQuestions.end());
    for (const Parameter& parameter : condition->parameters) names.push_back(parameter.name);
    section.refuse(key, "unknown key '" + key + "' beside the condition '" + std::string(condition->name) +
                            "'" + suggestion_or_all(key, names));
  }
}

/// The condition's name, with its parameters beside it; or a table that holds both.
void read_question(Section& section, std::string_view key, ScenarioStep& step) {
  section.read_seconds("within", step.plan.within);
  section.read_seconds("stay", step.plan.stay);
  const Json given = *section.read_json(key);
  const Json beside = section.read_rest();
  std::string problem;
  step.plan.condition = given.is_string() ? complete_condition(given.get<std::string>(), beside, problem)
                                          : complete_condition(given, problem);
  if (problem.empty() && !given.is_string() && !beside.empty())
    problem = "'" + beside.begin().key() + "' belongs into the table of '" + std::string(key) + "'";
  if (problem.find("unknown parameter") != std::string::npos) refuse_misspelt(section, given, beside);
  for (const char* inner : {"condition", "conditions"})
    if (section.has(inner)) key = inner;
  if (!problem.empty()) section.refuse_named(problem, key);
}

void read_form(Section& section, ScenarioStep& step) {
  switch (step.plan.kind) {
    case StepPlan::Kind::kFault:
      return read_fault(section, step);
    case StepPlan::Kind::kHeal:
      return section.read("heal", step.plan.name);
    case StepPlan::Kind::kCommand:
      return read_command(section, step);
    case StepPlan::Kind::kExpect:
      return read_question(section, "expect", step);
    case StepPlan::Kind::kWait:
      // What `wait` is given with `within` is its patience.
      read_question(section, "wait", step);
      if (section.has("within") && !step.patience_given) {
        step.plan.patience = step.plan.within;
        step.patience_given = true;
      }
      return;
  }
}

}  // namespace

void read_step(Section section, Scenario& scenario) {
  ScenarioStep step;
  step.plan.id = "s" + std::to_string(scenario.steps.size() + 1);
  section.read("id", step.plan.id);
  step.plan.kind = form_of(section);
  read_beginning(section, step);
  read_form(section, step);
  section.done();
  const std::string prefix = "steps." + step.plan.id;
  for (const ScenarioStep& other : scenario.steps)
    if (other.plan.id == step.plan.id) section.refuse("id", "two steps are called '" + step.plan.id + "'");
  scenario.places[prefix] = section.place();
  for (const std::string& key : section.keys()) {
    scenario.places[prefix + "." + key] = section.place(key);
    if (!section.read_json(key)->is_object()) continue;
    const auto inner = section.table(key);
    for (const std::string& name : inner->keys())
      scenario.places[prefix + "." + key + "." + name] = inner->place(name);
  }
  scenario.steps.push_back(std::move(step));
}

}  // namespace harness
