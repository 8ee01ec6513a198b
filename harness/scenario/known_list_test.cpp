#include "harness/scenario/known_list.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "harness/core/check.h"
#include "harness/scenario/draw.h"
#include "harness/scenario/options.h"

namespace harness {
namespace {

TEST_CASE("the day of a known violation is a date, or a text") {
  const std::string entry = "[[known]]\nviolations = [\"logs/unexpected-exit\"]\nreason = \"r\"\nuntil = ";
  for (const char* day : {"2027-06-30", "\"2027-06-30\""})
    CHECK(parse_known(entry + day + "\n", "k.toml").at(0).violations.at(0).until == "2027-06-30");
  CHECK_THROWS_WITH(parse_known(entry + "5\n", "k.toml"), Catch::Contains("k.toml:4:"));
}

TEST_CASE("A list adds each violation on each build to the scenarios that it names") {
  const auto list = parse_known(R"(
[[known]]
scenarios = ["failover-*"]
violations = ["logs/crash", "expectations/expectation:s2"]
builds = ["redis<7.2", "valkey"]
reason = "bug 7"
until = "2030-01-01"
[[known]]
violations = ["votes/voted-twice"]
reason = "everywhere"
)",
                                "x.toml");
  Scenario basic = load_scenario("failover-basic");
  const std::size_t own = basic.plan.known.size();
  add_known(list, basic);
  REQUIRE(basic.plan.known.size() == own + 5);
  const KnownViolation& second = basic.plan.known[own + 1];
  CHECK(second.check == "logs");
  CHECK(second.anomaly == "crash");
  CHECK(second.builds == "valkey");
  CHECK(second.reason == "bug 7");
  CHECK(second.until == "2030-01-01");
  CHECK(basic.plan.known[own + 2].anomaly == "expectation:s2");
  Scenario other = load_scenario("slots-move");
  const std::size_t others = other.plan.known.size();
  add_known(list, other);
  CHECK(other.plan.known.size() == others + 1);
}

TEST_CASE("What is wrong with a list is refused with its place") {
  const auto refused = [](const std::string& text, const std::string& why) {
    CHECK_THROWS_WITH(parse_known(text, "x.toml"), Catch::Contains(why));
  };
  refused("[[known]]\nviolations = [\"logs\"]\n", "x.toml:2");
  refused("[[known]]\nreason = \"r\"\n", "'violations'");
  refused("[[known]]\nviolations = [\"logs/crahs\"]\nreason = \"r\"\n",
          "x.toml:2:14: unknown anomaly 'crahs' (did you mean 'crash'?)");
  refused("[[known]]\nviolation = [\"logs/crash\"]\n", "did you mean 'violations'");
  Scenario scenario = load_scenario("failover-basic");
  add_known(parse_known("[[known]]\nviolations = [\"lgs/crash\"]\nreason = \"r\"\n", "x.toml"), scenario);
  CHECK_THROWS_WITH(draw(scenario, 1), Catch::Contains("x.toml:1") && Catch::Contains("'logs'"));
  CHECK_THROWS_WITH(load_known("relesed"), Catch::Contains("'released'"));
}

TEST_CASE("The bundled lists name scenarios that are there, and checkers that are") {
  for (const BundledKnownList& bundled : bundled_known_lists())
    for (const KnownEntry& entry : load_known(std::string(bundled.name)))
      for (const std::string& name : entry.scenarios) {
        Scenario scenario = load_scenario(name);
        add_known({entry}, scenario);
        CHECK_NOTHROW(draw(scenario, 1));
        CHECK(std::ranges::any_of(scenario.plan.known,
                                  [](const KnownViolation& known) { return !known.reason.empty(); }));
      }
}

TEST_CASE(
    "a list of --known adds to the plan and to the command that repeats it, beside --plan it is refused") {
  RunOptions options;
  options.scenario = "redis-11084";
  options.known = {"released"};
  const auto known = plan_for(options, options.scenario, 1).known;
  CHECK(std::ranges::count(known, "replica-differs", &KnownViolation::anomaly) == 1);
  CHECK_THAT(reproduce_command(options, options.scenario, 1), Catch::Contains("--known released"));
  options.scenario.clear();
  options.plan = "plan.json";
  CHECK_THROWS_AS(check_options(options), UsageError);
}

}  // namespace
}  // namespace harness
