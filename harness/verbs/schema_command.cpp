#include "harness/verbs/schema_command.h"

#include <algorithm>
#include <array>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "harness/core/check.h"
#include "harness/core/plan.h"
#include "harness/core/suggest.h"
#include "harness/verbs/command_line.h"
#include "harness/verbs/verbs.h"

namespace harness {
namespace {

struct SchemaEntry {
  std::string_view name;
  std::string_view description;
  nlohmann::json (*make)();
};

constexpr std::array<SchemaEntry, 1> kSchemas = {{{"plan", "plan.json, the plan of a run", plan_schema}}};

}  // namespace

int schema_command(int argc, const char* const* argv) {
  CLI::App app("the JSON Schema of a file that the harness writes", "schema");
  std::string name;
  std::string names;
  for (const SchemaEntry& entry : kSchemas)
    names += std::string(names.empty() ? "" : "; ") + std::string(entry.name) + ": " +
             std::string(entry.description);
  app.add_option("NAME", name, names)->required();
  if (!parse_command_line(app, argc, argv)) return kExitPass;
  const auto found = std::ranges::find(kSchemas, name, &SchemaEntry::name);
  if (found == kSchemas.end()) {
    std::vector<std::string_view> known;
    for (const SchemaEntry& entry : kSchemas) known.push_back(entry.name);
    throw UsageError("unknown schema '" + name + "'" + suggestion(name, known) + ": " + names);
  }
  std::cout << found->make().dump(2) << "\n" << std::flush;
  return kExitPass;
}

}  // namespace harness
