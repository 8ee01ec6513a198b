#include "harness/verbs/schemas.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "harness/core/check.h"

namespace harness {
namespace {

using Json = nlohmann::ordered_json;

/// Every "$ref" of a schema.
void collect_references(const Json& json, std::vector<std::string>& found) {
  if (json.is_object() && json.contains("$ref")) found.push_back(json.at("$ref").get<std::string>());
  if (json.is_structured())
    for (const Json& child : json) collect_references(child, found);
}

TEST_CASE("Every schema is named once, says what it describes, and refers to what it has") {
  const std::vector<std::string> names = schema_names();
  CHECK(std::ranges::is_sorted(names));
  CHECK(std::ranges::adjacent_find(names) == names.end());
  for (const std::string& name : names) {
    INFO(name);
    const Json schema = schema_named(name);
    CHECK_FALSE(schema.at("title").get<std::string>().empty());
    std::vector<std::string> references;
    collect_references(schema, references);
    for (const std::string& reference : references)
      CHECK(schema.contains(nlohmann::ordered_json::json_pointer(reference.substr(1))));
  }
}

TEST_CASE("What stores and verbs write has a schema") {
  const std::vector<std::string> names = schema_names();
  for (const char* name :
       {"plan", "run",    "results", "history", "faults", "commands",     "expectations",  "topology",
        "bus",  "final",  "views",   "seal",    "suite",  "suite-matrix", "suite-journal", "audit",
        "diff", "replay", "shrink",  "bisect",  "trend",  "list",         "check"})
    CHECK(std::ranges::count(names, name) == 1);
}

TEST_CASE("A misspelt schema is refused with the nearest one") {
  CHECK_THROWS_WITH(schema_named("reslts"), Catch::Contains("'results'"));
  CHECK_THROWS_AS(schema_named(""), UsageError);
}

}  // namespace
}  // namespace harness
