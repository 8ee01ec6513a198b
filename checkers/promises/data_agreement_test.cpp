// "data-agreement" and loads whose keys are not stored as texts under the history's own keys.
#include "checkers/promises/data_agreement.h"

#include <catch2/catch.hpp>

#include "checkers/promises/record_builder_test.h"

using namespace harness;
using namespace harness::testing;

namespace {

/// Every stored text becomes a structure, or goes under another key.
RunRecord stored_otherwise(std::string_view type, std::string_view suffix) {
  RunRecord run = FailoverRun().finish();
  for (FinalData& data : run.final_data) {
    std::map<std::string, std::string> stored;
    for (const auto& [key, value] : data.values)
      stored["{" + key + "}" + std::string(suffix)] = std::string(type) + " \"f1\" \"" + value + "\"";
    data.values = std::move(stored);
  }
  return run;
}

}  // namespace

TEST_CASE("final reads of what is not stored as a text under its key are not compared") {
  const RunRecord run = stored_otherwise(GENERATE("hash", "set", "list"), "h");
  const CheckResult result = check_data_agreement(run, {});
  INFO(result.explanation);
  CHECK(result.valid == Validity::kValid);
}

TEST_CASE("a text that one master lost, and data that all nodes lost, are still violations") {
  FailoverRun healthy;
  RunRecord run = healthy.finish();
  SECTION("one key") {
    for (FinalData& data : run.final_data) data.values.erase(key_of(1));
  }
  SECTION("all keys") {
    for (FinalData& data : run.final_data) data.values.clear();
  }
  CHECK(check_data_agreement(run, {}).violations > 0);
}
