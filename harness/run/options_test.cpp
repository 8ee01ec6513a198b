#include "harness/run/options.h"

#include <catch2/catch.hpp>

#include "harness/core/check.h"

using namespace harness;

TEST_CASE("options change the scenario, and impossible ones are refused with the mend") {
  RunOptions options;
  options.scenario = "failover-basic";
  options.masters = 5;
  options.replicas = 2;
  options.node_timeout_ms = 30'000;
  const Scenario scenario = effective_scenario(options);
  CHECK(scenario.cluster.masters == 5);
  CHECK(scenario.cluster.replicas == 2);
  CHECK(scenario.cluster.node_timeout_ms == 30'000);

  for (const int masters : {0, 2, 5000}) {
    CAPTURE(masters);
    options.masters = masters;
    CHECK_THROWS_AS(effective_scenario(options), UsageError);
  }
}

TEST_CASE("the option --nemesis makes steps: crashes are followed by a restart, lasting faults are held") {
  const auto steps = steps_for({"kill", "pause"});
  REQUIRE(steps.size() == 3);
  CHECK(steps[0].fault == "kill");
  CHECK(steps[1].fault == "restart");
  CHECK(steps[1].condition == StepCondition::kRecovered);
  CHECK(steps[2].fault == "pause");
  CHECK(steps[2].hold_timeouts > 0);
  CHECK(steps_for({"none"}).empty());
  CHECK_THROWS_WITH(steps_for({"kil"}), Catch::Contains("did you mean 'kill'?"));
}

TEST_CASE("the command that repeats a run names the seed and every option that matters") {
  RunOptions options;
  options.scenario = "my dir/x.toml";
  options.server = "debian:redis=7.0.15";
  options.nemesis = {"kill", "pause"};
  options.rate = 0;
  options.strict = true;
  CHECK(reproduce_command(options, 7) ==
        "./harness run 'my dir/x.toml' --seed 7 --server debian:redis=7.0.15 --rate 0 --nemesis kill,pause "
        "--strict");
}

TEST_CASE("the build is the scenario's unless the command line names another") {
  RunOptions options;
  options.scenario = "failover-basic";
  CHECK(effective_scenario(options).server == "redis");
  options.scenario = "failover-mixed";
  CHECK(effective_scenario(options).server == "redis,bundled");
  CHECK_THAT(reproduce_command(options, 1), !Catch::Contains("--server"));
  options.server = "valkey,bundled";
  CHECK(effective_scenario(options).server == "valkey,bundled");
  CHECK_THAT(reproduce_command(options, 1), Catch::Contains("--server valkey,bundled"));
}

TEST_CASE("one seed gives one schedule, another seed another") {
  const Scenario scenario = load_scenario("failover-basic");
  const auto plan = [&](std::uint64_t seed) {
    Prng prng = Prng(seed).split("schedule");
    std::vector<Nanos> times;
    for (const PlannedStep& step : plan_schedule(scenario.steps, 1500, prng)) times.push_back(step.after);
    return times;
  };
  CHECK(plan(1) == plan(1));
  CHECK(plan(1) != plan(2));
}
