#include "harness/scenario/options.h"

#include <catch2/catch.hpp>

#include "harness/core/check.h"

using namespace harness;
using Catch::Contains;

namespace {

RunOptions basic() {
  RunOptions options;
  options.scenario = "failover-basic";
  return options;
}

Plan plan_with(const RunOptions& options) {
  return plan_for(options, options.scenario, 7);
}

}  // namespace

TEST_CASE("options change the plan, and impossible ones are refused with the mend") {
  RunOptions options = basic();
  options.masters = 5;
  options.replicas = 2;
  options.node_timeout_ms = 30'000;
  options.rate = 100;
  options.concurrency = 3;
  const Plan plan = plan_with(options);
  CHECK(plan.seed == 7);
  CHECK(plan.cluster.config.masters == 5);
  CHECK(plan.cluster.config.replicas == 2);
  CHECK(plan.cluster.config.node_timeout_ms == 30'000);
  CHECK(plan.loads.at(0).rate == 100);
  CHECK(plan.loads.at(0).concurrency == 3);

  for (const int masters : {0, 5000}) {
    CAPTURE(masters);
    options.masters = masters;
    CHECK_THROWS_AS(plan_with(options), UsageError);
  }
}

TEST_CASE(
    "the option --directive sets a directive of every node, and stands in the command that repeats the run") {
  RunOptions options = basic();
  options.directives = {"repl-backlog-size 64kb"};
  CHECK(plan_with(options).cluster.directives.at("repl-backlog-size") == "64kb");
  CHECK_THAT(reproduce_command(options, options.scenario, 7),
             Contains("--directive 'repl-backlog-size 64kb'"));
  for (const char* refused : {"save 900 1", "repl-backlog-size", " 64kb"}) {
    options.directives = {refused};
    CHECK_THROWS_AS(plan_with(options), UsageError);
  }
}

TEST_CASE("the option --nemesis makes steps: crashes are followed by a restart, lasting faults are held") {
  RunOptions options = basic();
  options.nemesis = {"kill", "pause"};
  const auto steps = plan_with(options).steps;
  REQUIRE(steps.size() == 3);
  CHECK(steps[0].name == "kill");
  CHECK(steps[1].name == "restart");
  CHECK(steps[1].when->is == "recovered");
  CHECK(steps[2].name == "pause");
  CHECK(steps[2].hold == 6 * kSecond);
  options.nemesis = {"partition-*"};
  const auto cuts = plan_with(options).steps;
  CHECK(cuts.size() >= 4);
  for (const StepPlan& step : cuts) CHECK(step.name.starts_with("partition-"));
  options.nemesis = {"kil"};
  CHECK_THROWS_WITH(plan_with(options), Contains("did you mean 'kill'?"));
}

TEST_CASE("a run without faults is one that asked for none") {
  RunOptions options = basic();
  options.nemesis = {"none"};
  const Plan plan = plan_with(options);
  CHECK(plan.steps.empty());
  CHECK(plan.limits.no_faults);
  CHECK_FALSE(plan_with(basic()).limits.no_faults);
}

TEST_CASE("with --time-limit the steps begin again, unless they are random or say when they begin") {
  RunOptions options = basic();
  options.time_limit_s = 60;
  CHECK(plan_with(options).limits.repeat_steps);
  CHECK(plan_with(options).limits.time_limit == 60 * kSecond);
  CHECK_FALSE(plan_with(basic()).limits.repeat_steps);
}

TEST_CASE("faults or a workload may be tried without a scenario") {
  CHECK(with_a_scenario({}).scenario.empty());
  RunOptions options;
  options.nemesis = {"packet-*"};
  CHECK_NOTHROW(check_options(with_a_scenario(options)));
  options.tag = "smoke";
  CHECK(with_a_scenario(options).scenario.empty());
  options = {};
  options.workload = "queue";
  const Plan plan = plan_for(with_a_scenario(options), with_a_scenario(options).scenario, 1);
  REQUIRE(plan.loads.size() == 1);
  CHECK(plan.loads.front().workload == "queue");
  CHECK_FALSE(plan.steps.empty());
}

TEST_CASE("a plan is carried out as it stands") {
  RunOptions options;
  CHECK_THROWS_WITH(check_options(options), Contains("say what to run"));
  options.plan = "plan.json";
  CHECK_NOTHROW(check_options(options));
  options.rate = 5;
  CHECK_THROWS_WITH(check_options(options), Contains("as it stands"));
  options.rate.reset();
  options.upgrade_to = std::optional<std::string>("bundled");
  CHECK_THROWS_WITH(check_options(options), Contains("as it stands"));
  options.upgrade_to.reset();
  options.scenario = "failover-basic";
  CHECK_THROWS_WITH(check_options(options), Contains("one of"));
}

TEST_CASE("the command that repeats a run names the seed and every option that matters") {
  RunOptions options;
  options.server = std::optional<std::string>("debian:redis=7.0.15");
  options.nemesis = {"kill", "pause"};
  options.rate = 0;
  options.strict = true;
  CHECK(reproduce_command(options, "my dir/x.toml", 7) ==
        "./harness run 'my dir/x.toml' --seed 7 --server debian:redis=7.0.15 --rate 0 --nemesis kill,pause "
        "--strict");
  RunOptions of_a_plan;
  of_a_plan.plan = "store/latest/plan.json";
  CHECK(reproduce_command(of_a_plan, "", 7) == "./harness run --plan store/latest/plan.json");
}

TEST_CASE("the build is the scenario's unless the command line names another") {
  CHECK(plan_with(basic()).cluster.servers == std::vector<std::string>{"redis"});
  RunOptions options = basic();
  options.scenario = "failover-mixed";
  CHECK(plan_with(options).cluster.servers == std::vector<std::string>{"redis", "bundled"});
  const std::optional<std::string> others("valkey,bundled");
  options.server = others;
  CHECK(plan_with(options).cluster.servers == std::vector<std::string>{"valkey", "bundled"});
}
