// Suite files: what they choose, and where a mistake is told.
#include "harness/suite/suite_file.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "harness/core/check.h"
#include "harness/scenario/scenario.h"

using namespace harness;
using Catch::Contains;

namespace {

std::string refusal(const std::string& toml) {
  try {
    parse_suite(toml, "s.toml");
  } catch (const UsageError& error) {
    return error.what();
  }
  return {};
}

bool chooses(const Suite& suite, const std::string& scenario) {
  return std::ranges::any_of(suite.selections, [&](const Selection& selection) {
    return std::ranges::count(selection.scenarios, scenario) > 0;
  });
}

}  // namespace

TEST_CASE("a suite chooses scenarios by tag, name and pattern") {
  const Suite suite = parse_suite(R"(
builds = ["redis", "bundled"]
seeds = 3
time = 60
[[scenarios]]
tags = ["smoke"]
names = ["failover-k*", "bugs/*"]
without = ["seed", "failover-basic"]
weight = 2
time-limit = 5
)",
                                  "s.toml");
  CHECK(suite.name == "s");
  CHECK(suite.builds == std::vector<std::string>{"redis", "bundled"});
  CHECK(suite.seeds == 3);
  CHECK(suite.time_s == 60);
  REQUIRE(suite.selections.size() == 1);
  CHECK(suite.selections[0].weight == 2);
  CHECK(suite.selections[0].time_limit_s == 5.0);
  CHECK(chooses(suite, "failover-kill"));
  CHECK(chooses(suite, "pause-short"));
  CHECK(chooses(suite, "redis-6339"));
  CHECK_FALSE(chooses(suite, "failover-basic"));
  CHECK_FALSE(chooses(suite, "seed-failover"));
}

TEST_CASE("a suite whose file has odd bytes in its name has a plain one") {
  CHECK(parse_suite("[[scenarios]]\nnames = [\"failover-basic\"]\n", "/tmp/od\x1b[2Jd\xff.toml").name ==
        "od__2Jd_");
}

TEST_CASE("a suite's mistakes are told with file, line, column and the nearest name") {
  const std::string some = "[[scenarios]]\ntags = [\"smoke\"]\n";
  CHECK_THAT(refusal("seeds = \n" + some), Contains("s.toml:1:"));
  CHECK_THAT(refusal("sedes = 3\n" + some), Contains("s.toml:1:1:") && Contains("'seeds'"));
  CHECK_THAT(refusal("[[scenarios]]\ntags = [\"smok\"]\n"), Contains("s.toml:2:8:") && Contains("'smoke'"));
  CHECK_THAT(refusal("[[scenarios]]\nnames = [\"failover-basik\"]\n"),
             Contains("s.toml:2:9:") && Contains("'failover-basic'"));
  CHECK_THAT(refusal(some + "without = [\"failover-bsic\"]\n"),
             Contains("s.toml:3:11:") && Contains("'failover-basic'"));
  CHECK_THAT(refusal(some + "wieght = 2\n"), Contains("s.toml:3:1:") && Contains("'weight'"));
  CHECK_THAT(refusal(some + "weight = 0\n"), Contains("s.toml:3:10:") && Contains("out of range"));
  CHECK_THAT(refusal(some + "without = [\"*\"]\n"), Contains("s.toml:3:11:") && Contains("leaves nothing"));
  CHECK_THAT(refusal("seeds = -1\n" + some), Contains("s.toml:1:9:"));
  CHECK_THAT(refusal("builds = []\n" + some), Contains("s.toml:1:10:"));
  CHECK_THAT(refusal("builds = [\"\"]\n" + some), Contains("s.toml:1:10:"));
  CHECK_THAT(refusal("[[scenarios]]\nweight = 2\n"), Contains("s.toml:1:") && Contains("chooses nothing"));
  CHECK_THAT(refusal("seeds = 2\n"), Contains("runs nothing"));
}

TEST_CASE("an unknown suite gets the nearest name, and a missing file is told") {
  CHECK_THROWS_WITH(load_suite("nihgtly"), Contains("'nightly'"));
  CHECK_THROWS_WITH(load_suite("/nonexistent/s.toml"), Contains("/nonexistent/s.toml"));
}

TEST_CASE("every bundled suite can be read, the nightly one has what the smoke one has") {
  REQUIRE(bundled_suites().size() == 4);
  for (const BundledSuite& bundled : bundled_suites()) {
    CAPTURE(bundled.name);
    CHECK(load_suite(std::string(bundled.name)).name == bundled.name);
  }
  const Suite nightly = load_suite("nightly");
  const Suite smoke = load_suite("smoke");
  for (const std::string& scenario : smoke.selections.at(0).scenarios) CHECK(chooses(nightly, scenario));
  CHECK(smoke.time_s == 600);
  CHECK(nightly.time_s == 4 * 3600);
  CHECK(load_suite("release").time_s == 12 * 3600);
  CHECK(load_suite("soak").seeds == 0);
  // What a release is held to is everything.
  const Suite release = load_suite("release");
  for (const BundledScenario& scenario : bundled_scenarios())
    CHECK(chooses(release, std::string(scenario.name)));
}

TEST_CASE("a scenario file that a suite names is meant from the suite's folder") {
  char folder[] = "/tmp/harness-suite-file-XXXXXX";
  const std::filesystem::path root = ::mkdtemp(folder);
  std::filesystem::create_directories(root / "mine");
  std::ofstream(root / "mine" / "one.toml") << "[[load]]\nworkload = \"register\"\n[run]\nno-faults = true\n";
  const std::string toml = "[[scenarios]]\nnames = [\"mine/one.toml\"]\n";
  const Suite suite = parse_suite(toml, (root / "s.toml").string());
  CHECK(chooses(suite, (root / "mine" / "one.toml").string()));
  CHECK_THROWS_AS(parse_suite(toml, "s.toml"), UsageError);
  std::filesystem::remove_all(root);
}
