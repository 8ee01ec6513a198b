#include "harness/verbs/list_command.h"

#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "checkers/checkers.h"
#include "checkers/models.h"
#include "harness/faults/faults.h"
#include "harness/scenario/scenario.h"
#include "harness/verbs/command_line.h"
#include "harness/verbs/verbs.h"
#include "reports/reports.h"
#include "workloads/workloads.h"

namespace harness {
namespace {

struct Listing {
  std::string title;
  std::vector<std::pair<std::string, std::string>> entries;  // name, description
};

template <typename Table, typename Name, typename Description>
Listing listing(std::string title, const Table& table, Name name, Description description) {
  Listing list{std::move(title), {}};
  for (const auto& entry : table) list.entries.emplace_back(entry.*name, entry.*description);
  return list;
}

std::vector<Listing> everything() {
  Listing scenarios{"scenarios", {}};
  for (const BundledScenario& bundled : bundled_scenarios())
    scenarios.entries.emplace_back(bundled.name, load_scenario(std::string(bundled.name)).plan.description);
  return {scenarios,
          listing("workloads", workloads(), &WorkloadEntry::name, &WorkloadEntry::description),
          listing("faults", faults(), &Fault::name, &Fault::description),
          listing("checkers", checkers(), &Checker::name, &Checker::promise),
          listing("models", models(), &Model::name, &Model::description),
          listing("reports", reports(), &Report::name, &Report::description)};
}

void print_json(const std::vector<Listing>& lists) {
  nlohmann::ordered_json json;
  for (const Listing& list : lists)
    for (const auto& [name, description] : list.entries)
      json[list.title].push_back({{"name", name}, {"description", description}});
  std::cout << json.dump(2) << "\n";
}

void print_text(const std::vector<Listing>& lists) {
  for (const Listing& list : lists) {
    std::cout << list.title << "\n";
    for (const auto& [name, description] : list.entries)
      std::cout << "  " << name << std::string(name.size() < 22 ? 22 - name.size() : 1, ' ') << description
                << "\n";
  }
}

}  // namespace

int list_command(int argc, const char* const* argv) {
  CLI::App app("what there is: scenarios, workloads, faults, checkers, models, reports", "list");
  bool json = false;
  app.add_flag("--json", json, "one JSON object");
  if (!parse_command_line(app, argc, argv)) return kExitPass;
  json ? print_json(everything()) : print_text(everything());
  return kExitPass;
}

}  // namespace harness
