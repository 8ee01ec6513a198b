#include "harness/verbs/list_command.h"

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "checkers/checkers.h"
#include "checkers/models.h"
#include "harness/builds/features.h"
#include "harness/cluster/target.h"
#include "harness/conditions/conditions.h"
#include "harness/core/check.h"
#include "harness/core/suggest.h"
#include "harness/faults/faults.h"
#include "harness/scenario/plan_check.h"
#include "harness/scenario/scenario.h"
#include "harness/suite/suite_file.h"
#include "harness/verbs/catalogue_page.h"
#include "harness/verbs/command_line.h"
#include "harness/verbs/verbs.h"
#include "reports/reports.h"
#include "workloads/workloads.h"

namespace harness {
namespace {

struct Entry {
  std::string name;
  std::string description;
  nlohmann::ordered_json more;  // what else its table says: for --json alone
};

struct Listing {
  std::string title;
  std::vector<Entry> entries;
};

/// Lists a table whose lines have a name and a few words.
template <typename Table, typename Description>
Listing listing(std::string title, const Table& table, Description description) {
  Listing list{std::move(title), {}};
  for (const auto& line : table)
    list.entries.push_back({std::string(line.name), std::string(line.*description), {}});
  return list;
}

/// Lists a table whose lines have more to tell.
template <typename Table, typename Description, typename More>
Listing listing(std::string title, const Table& table, Description description, More more) {
  Listing list = listing(std::move(title), table, description);
  for (std::size_t i = 0; i < list.entries.size(); ++i) list.entries[i].more = more(table[i]);
  return list;
}

Listing scenario_listing() {
  Listing list{"scenarios", {}};
  for (const BundledScenario& bundled : bundled_scenarios()) {
    const Scenario scenario = load_scenario(std::string(bundled.name));
    const Plan& plan = scenario.plan;
    list.entries.push_back({std::string(bundled.name),
                            plan.description,
                            {{"theme", bundled.folder},
                             {"promise", plan.promise},
                             {"tags", plan.tags},
                             {"requires", plan.requires_},
                             {"catches", scenario.catches}}});
  }
  return list;
}

Listing suite_listing() {
  Listing list{"suites", {}};
  for (const BundledSuite& bundled : bundled_suites())
    list.entries.push_back(
        {std::string(bundled.name), load_suite(std::string(bundled.name)).description, {}});
  return list;
}

nlohmann::ordered_json of_workload(const WorkloadEntry& workload) {
  return {{"options", describe(workload.options)}};
}

nlohmann::ordered_json of_fault(const Fault& fault) {
  return {{"default-target", fault.default_target},
          {"heals", fault.heals},
          {"effect", to_string(fault.kind)},
          {"parameters", describe(fault.parameters)}};
}

Listing feature_listing() {
  Listing list{"features", {}};
  for (const FeatureEntry& entry : features())
    list.entries.push_back({std::string(entry.name),
                            std::string(entry.description) + ", " + since(entry),
                            {{"source", entry.source}}});
  return list;
}

/// Of all other releases the profile is from documents alone.
Listing tried_listing() {
  Listing list{"tried-releases", {}};
  for (const TriedRelease& tried : tried_releases())
    list.entries.push_back({std::string(to_string(tried.kind)) + " " + text_of(tried.version),
                            "has answered for itself what it has, as the features say",
                            {}});
  return list;
}

nlohmann::ordered_json of_condition(const Condition& condition) {
  return {{"parameters", describe(condition.parameters)}};
}

std::vector<Listing> everything() {
  return {scenario_listing(),
          suite_listing(),
          listing("workloads", workloads(), &WorkloadEntry::description, of_workload),
          listing("faults", faults(), &Fault::description, of_fault),
          listing("targets", target_forms(), &TargetForm::description),
          listing("conditions", conditions(), &Condition::description, of_condition),
          listing("checkers", checkers(), &Checker::promise),
          listing("models", models(), &Model::description),
          listing("reports", reports(), &Report::description),
          listing("capabilities", capability_names(), &Named::description),
          listing("reachable-states", reachable_states(), &Named::description),
          feature_listing(),
          tried_listing()};
}

/// All when no kind is asked for. Throws UsageError for one that there is not.
std::vector<Listing> of_kind(std::vector<Listing> lists, const std::string& kind) {
  if (kind.empty()) return lists;
  std::vector<std::string_view> titles;
  for (const Listing& list : lists) titles.push_back(list.title);
  if (std::ranges::find(titles, kind) == titles.end()) {
    std::string all;
    for (const std::string_view title : titles) all += (all.empty() ? "" : ", ") + std::string(title);
    throw UsageError("there are no '" + kind + "'" + suggestion(kind, titles) + ": the kinds are " + all);
  }
  std::erase_if(lists, [&](const Listing& list) { return list.title != kind; });
  return lists;
}

nlohmann::ordered_json entry_json(const Entry& entry) {
  nlohmann::ordered_json json = {{"name", entry.name}, {"description", entry.description}};
  if (!entry.more.is_null()) json.update(entry.more);
  return json;
}

nlohmann::ordered_json lists_json(const std::vector<Listing>& lists) {
  nlohmann::ordered_json json;
  for (const Listing& list : lists)
    for (const Entry& entry : list.entries) json[list.title].push_back(entry_json(entry));
  return json;
}

/// A fault that nothing heals: `since` its id counts from when it has been done.
std::string_view mark_of(const Entry& entry) {
  const auto heals = entry.more.is_object() ? entry.more.find("heals") : entry.more.end();
  return heals != entry.more.end() && *heals == false ? " (event: over once it is done)" : "";
}

void print_text(const std::vector<Listing>& lists) {
  for (const Listing& list : lists) {
    std::cout << list.title << "\n";
    for (const Entry& entry : list.entries)
      std::cout << "  " << entry.name << std::string(entry.name.size() < 22 ? 22 - entry.name.size() : 1, ' ')
                << entry.description << mark_of(entry) << "\n";
  }
}

}  // namespace

int list_command(int argc, const char* const* argv) {
  CLI::App app(
      "what there is: scenarios, suites, workloads, faults, targets, conditions, checkers, models, reports",
      "list");
  bool json = false;
  std::string kind;
  app.add_option("KIND", kind, "only these, as 'harness list' heads them: scenarios, faults, ...");
  app.add_flag("--json", json, "one JSON object, with the parameters of each");
  bool markdown = false;
  app.add_flag("--markdown", markdown, "a page to read, with the parameters of each")
      ->excludes("--json")
      ->excludes("KIND");
  if (!parse_command_line(app, argc, argv)) return kExitPass;
  const std::vector<Listing> lists = of_kind(everything(), kind);
  if (json)
    std::cout << lists_json(lists).dump(2) << "\n";
  else if (markdown)
    std::cout << catalogue_page(lists_json(lists));
  else
    print_text(lists);
  return kExitPass;
}

}  // namespace harness
