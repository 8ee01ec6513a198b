#include "harness/suite/plan_runs.h"

#include <catch2/catch.hpp>
#include <filesystem>

namespace harness {
namespace {

using Catch::Contains;
namespace fs = std::filesystem;

TEST_CASE("A run of a plan is told by what it printed, and by how it ended where it printed nothing") {
  const fs::path folder = fs::temp_directory_path() / "plan-runs-test";
  fs::create_directories(folder / "20261130T080000Z-x-1");
  const std::string said = R"({"run": "20261130T080000Z-x-1", "verdict": "fail", "exit_code": 1, "checks": [
    {"name": "epochs", "valid": false, "violations": 1,
     "anomalies": [{"type": "epoch went back", "allowed": false, "headline": "n1 went back"}]}]})";
  const RunOutcome outcome = outcome_of_plan(folder, "a warning\n" + said, {1, 0});
  CHECK(outcome.verdict == "fail");
  REQUIRE(outcome.violations.size() == 1);
  CHECK(outcome.violations[0].type == "epoch went back");
  CHECK(outcome.store == (folder / "20261130T080000Z-x-1").string());
  fs::remove_all(folder);
  CHECK(outcome_of_plan(folder, said, {1, 0}).store.empty());

  const RunOutcome none = outcome_of_plan(folder, "harness: no memory\n", {-1, 9});
  CHECK(none.verdict == "error");
  CHECK_THAT(none.explanation, Contains("died of SIGKILL") && Contains("no memory"));
  CHECK(outcome_of_plan(folder, R"({"run": 7})", {0, 0}).verdict == "error");
}

}  // namespace
}  // namespace harness
