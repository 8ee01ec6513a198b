#include "harness/run/scenario.h"

#include <catch2/catch.hpp>

#include "harness/core/check.h"

using namespace harness;

namespace {

/// The message of the UsageError that a scenario's text is refused with; empty when it is accepted.
std::string refusal(const std::string& toml) {
  try {
    parse_scenario(toml, "s.toml");
  } catch (const UsageError& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("every bundled scenario parses, has faults and says what it is for") {
  CHECK(bundled_scenarios().size() >= 4);
  for (const BundledScenario& bundled : bundled_scenarios()) {
    CAPTURE(bundled.name);
    const Scenario scenario = load_scenario(std::string(bundled.name));
    CHECK_FALSE(scenario.description.empty());
    CHECK_FALSE(scenario.steps.empty());
    CHECK(scenario.name == bundled.name);
  }
}

TEST_CASE("a scenario is read whole") {
  const Scenario scenario = parse_scenario(R"(
description = "d"
[cluster]
masters = 5
replicas = 2
node-timeout = 2000
require-full-coverage = false
directives = { maxmemory = "10mb", appendonly = true, hz = 50 }
[load]
concurrency = 8
client-groups = 2
rate = 100
keys = 6
read = 0.2
write = 0.8
[run]
time-limit = 20
restart-at-end = false
checks = ["slot-coverage"]
[[step]]
fault = "pause"
target = "master-of-slot 77"
after = [1, 2.5]
hold-timeouts = 2
condition = "settled"
)",
                                           "s.toml");
  CHECK(scenario.cluster.masters == 5);
  CHECK(scenario.cluster.replicas == 2);
  CHECK(scenario.cluster.node_timeout_ms == 2000);
  CHECK_FALSE(scenario.cluster.require_full_coverage);
  CHECK(scenario.directives ==
        std::map<std::string, std::string>{{"maxmemory", "10mb"}, {"appendonly", "yes"}, {"hz", "50"}});
  CHECK(scenario.client_groups == 2);
  CHECK(scenario.workload_options.at("read") == 0.2);
  CHECK_FALSE(scenario.restart_at_end);
  CHECK(scenario.checks == std::vector<std::string>{"slot-coverage"});
  REQUIRE(scenario.steps.size() == 1);
  CHECK(scenario.steps[0].target == "master-of-slot 77");
  CHECK(scenario.steps[0].after_s_min == 1);
  CHECK(scenario.steps[0].after_s_max == 2.5);
  CHECK(scenario.steps[0].condition == StepCondition::kSettled);
}

TEST_CASE("bad scenarios are refused with file, line and the mend") {
  using Catch::Contains;
  CHECK_THAT(refusal("x = = 1"), Contains("s.toml:1:"));
  CHECK_THAT(refusal("[cluster]\nmaster = 3\n"),
             Contains("s.toml:2:") && Contains("did you mean 'masters'?"));
  CHECK_THAT(refusal("[clutser]\nmasters = 3\n"), Contains("did you mean 'cluster'?"));
  CHECK_THAT(refusal("[cluster]\nmasters = \"three\"\n"), Contains("s.toml:2:") && Contains("whole number"));
  CHECK_THAT(refusal("[cluster]\nnode-timeout = 1\n"), Contains("out of range"));
  CHECK_THAT(refusal("[[step]]\nfault = \"debug-segfalt\"\n"), Contains("did you mean 'debug-segfault'?"));
  CHECK_THAT(refusal("[[step]]\ntarget = \"dead\"\n"), Contains("needs a 'fault'"));
  CHECK_THAT(refusal("[[step]]\nfault = \"kill\"\ntarget = \"everybody\"\n"), Contains("random-master"));
  CHECK_THAT(refusal("[[step]]\nfault = \"pause\"\n"), Contains("say how long"));
  CHECK_THAT(refusal("[[step]]\nfault = \"kill\"\nhold = 3\n"), Contains("cannot be held"));
  CHECK_THAT(refusal("[[step]]\nfault = \"kill\"\nafter = [3, 1]\n"), Contains("[least, most]"));
  CHECK_THAT(refusal("[[step]]\nfault = \"kill\"\ncondition = \"never\"\n"), Contains("recovered"));
  CHECK_THAT(refusal("[load]\nread = 1.5\n"), Contains("at most 1"));
  CHECK_THAT(refusal("step = 3\n"), Contains("[[step]]"));
  CHECK(refusal("").empty());
}

TEST_CASE("an unknown scenario is refused with the nearest name") {
  CHECK_THROWS_WITH(load_scenario("failover-basc"), Catch::Contains("did you mean 'failover-basic'?"));
  CHECK_THROWS_WITH(load_scenario("no/such/file.toml"), Catch::Contains("no/such/file.toml"));
}
