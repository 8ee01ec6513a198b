#include "harness/verbs/schemas.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/core/check.h"
#include "harness/core/plan.h"
#include "harness/core/suggest.h"

namespace harness {
namespace {

constexpr std::string_view kPlan = "plan";

nlohmann::ordered_json titled_plan_schema() {
  nlohmann::ordered_json schema = plan_schema();
  schema["title"] = "plan.json: the plan of a run";
  return schema;
}

}  // namespace

std::vector<std::string> schema_names() {
  std::vector<std::string> names{std::string(kPlan)};
  for (const BundledSchema& schema : bundled_schemas()) names.emplace_back(schema.name);
  std::ranges::sort(names);
  return names;
}

nlohmann::ordered_json schema_named(std::string_view name) {
  if (name == kPlan) return titled_plan_schema();
  const auto schemas = bundled_schemas();
  const auto found = std::ranges::find(schemas, name, &BundledSchema::name);
  if (found != schemas.end()) return nlohmann::ordered_json::parse(found->text);
  const std::vector<std::string> names = schema_names();
  const std::vector<std::string_view> known(names.begin(), names.end());
  throw UsageError("unknown schema '" + std::string(name) + "'" + suggestion(name, known) +
                   "; 'harness schema' lists them");
}

}  // namespace harness
