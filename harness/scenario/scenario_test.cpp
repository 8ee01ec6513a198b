#include "harness/scenario/scenario.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/core/check.h"
#include "harness/scenario/draw.h"
#include "harness/scenario/plan_check.h"

using namespace harness;
using Catch::Contains;

namespace {

/// The message of the UsageError that a scenario's text is refused with; empty when it becomes a plan.
std::string refusal(const std::string& toml) {
  try {
    draw(parse_scenario(toml, "s.toml"), 1);
  } catch (const UsageError& error) {
    return error.what();
  }
  return {};
}

/// As refusal(), of a scenario with one step more.
std::string step_refusal(const std::string& step) {
  return refusal("[[load]]\nworkload = \"register\"\n[[step]]\n" + step);
}

Plan plan_of(const std::string& toml, std::uint64_t seed = 1) {
  return draw(parse_scenario(toml, "s.toml"), seed);
}

constexpr const char* kWhole = R"(
description = "d"
promise = "p"
tags = ["smoke", "nightly"]
requires = ["network", "debug-command"]
[cluster]
server = ["redis", "valkey"]
masters = 3
replicas = [2, 1, 0]
slots = ["0-99,200", "5000-8000", ""]
spare = 2
node-timeout = 2000
persistence = "append-always"
require-full-coverage = false
replica-validity-factor = 5
migration-barrier = 2
allow-replica-migration = false
[cluster.directives]
maxmemory = "10mb"
activedefrag = true
hz = 50
[cluster.nodes.n4]
server = "bundled"
repl-diskless-sync-delay = 5
[[load]]
workload = "register"
concurrency = 8
client-groups = 2
rate = 100
start = 1.5
stop = 9
[load.options]
keys = 6
read = 0.2
[[load]]
workload = "register"
name = "second"
[[step]]
id = "hang"
fault = "pause"
target = "master-of-slot 77"
after = [1, 2.5]
hold = [2, 4]
hold-timeouts = 2
when = "settled"
patience = 12
must = true
[[step]]
fault = "partition-one"
since = "hang"
until = { is = "role", node = "n4", role = "master" }
[[step]]
heal = "hang"
since = "hang.end"
[[step]]
command = "CLUSTER SETSLOT 42 NODE {id:n2}"
on = "n1"
reply = "OK"
save = "answer"
repeat = 3
[[step]]
command = ["SET", "a key", "{answer}"]
on = "all"
[[step]]
expect = "owner"
slot = 42
node = "n2"
within = 10
stay = 1
[[step]]
expect = "answer"
command = "PING"
on = "n1"
is = "PONG"
[[step]]
wait = "not"
condition = { is = "recovered" }
patience = 5
[run]
time-limit = 60
tail = 4
settle = 20
restart-at-end = false
checks = ["slot-coverage"]
must-reach = ["failover", "ask"]
stop-at-violation = true
[[known]]
check = "register"
anomaly = "lost-write"
reason = "redis#15680"
builds = "redis<8.2"
until = 2027-06-30
)";

}  // namespace

TEST_CASE("every bundled scenario parses, has steps, a promise and tags, and a name of its own") {
  CHECK(bundled_scenarios().size() >= 60);
  std::set<std::string_view> names;
  for (const BundledScenario& bundled : bundled_scenarios()) {
    CAPTURE(bundled.name);
    CHECK(names.insert(bundled.name).second);
    const Scenario scenario = load_scenario(std::string(bundled.name));
    CHECK_FALSE(scenario.plan.description.empty());
    CHECK_FALSE(scenario.plan.promise.empty());
    CHECK_FALSE(scenario.plan.tags.empty());
    CHECK(scenario.plan.scenario == bundled.name);
    const Plan plan = draw(scenario, 3);
    CHECK_FALSE(plan.steps.empty());
    if (!scenario.random) CHECK(plan.steps.size() == scenario.steps.size());
    CHECK(load_scenario(std::string(bundled.folder) + "/" + std::string(bundled.name)).plan.scenario ==
          bundled.name);
  }
}

TEST_CASE("a scenario's cluster is read whole") {
  const ClusterPlan cluster = plan_of(kWhole).cluster;
  CHECK(cluster.servers == std::vector<std::string>{"redis", "valkey"});
  CHECK(cluster.replicas_of == std::vector<int>{2, 1, 0});
  CHECK(cluster.members() == 6);
  CHECK(cluster.size() == 8);
  CHECK(cluster.slots == std::vector<SlotRanges>{{{0, 99}, {200, 200}}, {{5000, 8000}}, {}});
  CHECK(cluster.persistence == Persistence::kAppendAlways);
  CHECK(cluster.config.node_timeout_ms == 2000);
  CHECK_FALSE(cluster.config.require_full_coverage);
  CHECK(cluster.config.replica_validity_factor == 5);
  CHECK(cluster.config.migration_barrier == 2);
  CHECK_FALSE(cluster.config.allow_replica_migration);
  CHECK(cluster.directives ==
        std::map<std::string, std::string>{{"maxmemory", "10mb"}, {"activedefrag", "yes"}, {"hz", "50"}});
  CHECK(cluster.nodes.at("n4").server == "bundled");
  CHECK(cluster.nodes.at("n4").directives.at("repl-diskless-sync-delay") == "5");
}

TEST_CASE("a scenario's loads are read whole, their options completed") {
  const Plan plan = plan_of(kWhole);
  REQUIRE(plan.loads.size() == 2);
  CHECK(plan.loads[0].name == "register");
  CHECK(plan.loads[0].client_groups == 2);
  CHECK(plan.loads[0].start == 1500 * kMillisecond);
  CHECK(plan.loads[0].stop == 9 * kSecond);
  CHECK(plan.loads[0].options.integer("keys") == 6);
  CHECK(plan.loads[0].options.number("read") == 0.2);
  CHECK(plan.loads[0].options.integer("hot-keys") == 3);
  CHECK(plan.loads[1].name == "second");
  CHECK(plan.loads[1].stop == kNever);
}

TEST_CASE("a scenario's steps are read in all their forms") {
  const std::vector<StepPlan> steps = plan_of(kWhole).steps;
  REQUIRE(steps.size() == 8);
  CHECK(steps[0].id == "hang");
  CHECK(steps[0].target == "master-of-slot 77");
  CHECK(steps[0].after >= kSecond);
  CHECK(steps[0].after <= 2500 * kMillisecond);
  CHECK(*steps[0].hold >= 6 * kSecond);
  CHECK(*steps[0].hold <= 8 * kSecond);
  CHECK(steps[0].when->is == "settled");
  CHECK(steps[0].patience == 12 * kSecond);
  CHECK(steps[0].must);
  CHECK(steps[1].id == "s2");
  CHECK(steps[1].since.kind == StepAnchor::Kind::kTaken);
  CHECK(steps[1].since.step == "hang");
  CHECK(steps[1].target == "random-master");
  CHECK_FALSE(steps[1].hold);
  CHECK(steps[1].until->with.text("node") == "n4");
  CHECK(steps[2].kind == StepPlan::Kind::kHeal);
  CHECK(steps[2].name == "hang");
  CHECK(steps[2].since.kind == StepAnchor::Kind::kEnded);
  CHECK(steps[3].command == std::vector<std::string>{"CLUSTER", "SETSLOT", "42", "NODE", "{id:n2}"});
  CHECK(steps[3].reply == "OK");
  CHECK(steps[3].save == "answer");
  CHECK(steps[3].repeat == 3);
  CHECK(steps[4].command == std::vector<std::string>{"SET", "a key", "{answer}"});
  CHECK(steps[5].kind == StepPlan::Kind::kExpect);
  CHECK(steps[5].condition->with.integer("slot") == 42);
  CHECK(steps[5].within == 10 * kSecond);
  CHECK(steps[5].stay == kSecond);
  CHECK(steps[6].condition->is == "answer");
  CHECK(steps[7].kind == StepPlan::Kind::kWait);
  CHECK(steps[7].condition->is == "not");
  CHECK(steps[7].patience == 5 * kSecond);
}

TEST_CASE("a scenario's limits and known violations are read whole") {
  const Plan plan = plan_of(kWhole);
  CHECK(plan.limits.time_limit == 60 * kSecond);
  CHECK_FALSE(plan.limits.restart_at_end);
  CHECK(plan.limits.checks == std::vector<std::string>{"slot-coverage"});
  CHECK(plan.limits.must_reach == std::vector<std::string>{"failover", "ask"});
  CHECK(plan.limits.stop_at_violation);
  REQUIRE(plan.known.size() == 1);
  CHECK(plan.known[0].until == "2027-06-30");
  CHECK(plan.known[0].builds == "redis<8.2");
}

TEST_CASE("a plan is stored and read back as it was, and nothing else is taken") {
  const Plan plan = plan_of(kWhole, 77);
  const nlohmann::json stored = plan;
  CHECK(nlohmann::json(stored.get<Plan>()) == stored);
  CHECK(stored["seed"] == 77);
  const nlohmann::json schema = plan_schema();
  for (const auto& [name, ignored] : stored.items()) CHECK(schema["properties"].contains(name));
  const auto why = [&](const char* pointer, const nlohmann::json& value) -> std::string {
    nlohmann::json changed = stored;
    changed[nlohmann::json::json_pointer(pointer)] = value;
    try {
      changed.get<Plan>();
    } catch (const nlohmann::json::exception& error) {
      return error.what();
    }
    return {};
  };
  CHECK_THAT(why("/schema", 2), Contains("plan.schema must be 1"));
  CHECK_THAT(why("/steps/0/patiense", 3),
             Contains("plan.steps.hang") && Contains("did you mean 'patience'?"));
  CHECK_THAT(why("/steps/0/kind", "fualt"), Contains("did you mean 'fault'?"));
  CHECK_THAT(why("/steps/0/after", -1), Contains("plan.steps.hang.after"));
  CHECK_THAT(why("/seed", -1), Contains("plan.seed"));
  CHECK_THAT(why("/loads/0/rate", "fast"), Contains("plan.loads.register.rate"));
  nlohmann::json without = stored;
  without["limits"].erase("tail");
  CHECK_THROWS_WITH(without.get<Plan>(), Contains("plan.limits.tail is missing"));
  // Stores of earlier releases, whose steps had no sessions of their own, are read as they are.
  nlohmann::json older = stored;
  for (nlohmann::json& step : older["steps"]) REQUIRE(step.erase("session") == 1);
  CHECK(nlohmann::json(older.get<Plan>()) == stored);
}

TEST_CASE("a plan of a file whose numbers or names cannot be is refused") {
  const Plan plan = plan_of("[[load]]\nworkload = \"register\"\n[[step]]\nfault = \"kill\"\n");
  REQUIRE_FALSE(problem_with(plan));
  const auto part_of = [&plan](const auto& change) {
    Plan changed = plan;
    change(changed);
    const auto problem = problem_with(changed);
    return problem ? problem->part : std::string();
  };
  CHECK(part_of([](Plan& p) { p.cluster.config.node_timeout_ms = 0; }) == "cluster.node-timeout");
  CHECK(part_of([](Plan& p) { p.loads[0].operation_timeout_ms = 0; }) == "loads.register.operation-timeout");
  CHECK(part_of([](Plan& p) { p.loads[0].name = "views"; }) == "loads.views.name");
  CHECK(part_of([](Plan& p) { p.steps[0].after_least = p.steps[0].after_most + 1; }) == "steps.s1.after");
}

TEST_CASE("bad scenarios are refused with file, line and the mend") {
  CHECK_THAT(refusal("x = = 1"), Contains("s.toml:1:"));
  CHECK_THAT(refusal("[cluster]\nmaster = 3\n"),
             Contains("s.toml:2:1:") && Contains("did you mean 'masters'?"));
  CHECK_THAT(refusal("[clutser]\nmasters = 3\n"), Contains("did you mean 'cluster'?"));
  CHECK_THAT(refusal("[cluster]\nmasters = \"three\"\n"), Contains("s.toml:2:") && Contains("whole number"));
  CHECK_THAT(refusal("[cluster]\nnode-timeout = 1\n"), Contains("out of range"));
  CHECK_THAT(refusal("[cluster]\npersistence = \"apend-no\"\n"), Contains("did you mean 'append-no'?"));
  CHECK_THAT(refusal("[cluster]\nslots = [\"0-20000\"]\n"), Contains("16383"));
  CHECK_THAT(refusal("step = 3\n"), Contains("[[step]]"));
  CHECK_THAT(refusal("requires = [\"netwok\"]\n[[load]]\nworkload = \"register\"\n"),
             Contains("s.toml:1:") && Contains("did you mean 'network'?"));
}

TEST_CASE("a cluster that cannot be is refused") {
  const std::string load = "[[load]]\nworkload = \"register\"\n";
  CHECK_THAT(refusal(load + "[cluster]\nmasters = 0\n"), Contains("s.toml:4:"));
  CHECK_THAT(refusal(load + "[cluster]\nmasters = 3\nreplicas = [1, 1]\n"), Contains("2 entries"));
  CHECK_THAT(refusal(load + "[cluster]\nslots = [\"0-10\", \"10\", \"\"]\n"),
             Contains("slot 10 is given to two"));
  CHECK_THAT(refusal(load + "[cluster.nodes.n9]\nhz = 5\n"), Contains("s.toml:3:") && Contains("n1 to n6"));
  CHECK_THAT(refusal(load + "[cluster.directives]\nport = 5\n"),
             Contains("s.toml:4:") && Contains("cannot be set"));
  CHECK_THAT(refusal(load + "[cluster.directives]\nprotected-mode = \"yes\"\n"),
             Contains("s.toml:4:") && Contains("leave it out"));
  CHECK_THAT(refusal(load + "concurrency = 20\n[cluster.directives]\nmaxclients = 30\n"),
             Contains("s.toml:5:") && Contains("must be 42 at least"));
}

TEST_CASE("bad loads are refused") {
  CHECK_THAT(refusal("[[load]]\nworkload = \"regster\"\n"), Contains("did you mean 'register'?"));
  CHECK_THAT(refusal("[[load]]\nworkload = \"register\"\n[load.options]\nkey = 3\n"),
             Contains("s.toml:4:") && Contains("did you mean 'keys'?"));
  CHECK_THAT(refusal("[[load]]\nworkload = \"register\"\noptions = { read = nan }\n"), Contains("nan"));
  CHECK_THAT(refusal("[[load]]\nworkload = \"register\"\nrate = nan\n"), Contains("s.toml:3:"));
  CHECK_THAT(refusal("[[load]]\nworkload = \"register\"\nrate = inf\n"), Contains("s.toml:3:"));
  CHECK_THAT(refusal("[[load]]\nworkload = \"register\"\n[[load]]\nworkload = \"register\"\n"),
             Contains("two loads are called 'register'"));
  CHECK_THAT(refusal("[[load]]\nworkload = \"register\"\nstart = 3\nstop = 2\n"), Contains("stops before"));
}

TEST_CASE("bad steps are refused") {
  CHECK_THAT(step_refusal("fault = \"debug-segfalt\"\n"), Contains("did you mean 'debug-segfault'?"));
  CHECK_THAT(step_refusal("target = \"dead\"\n"), Contains("needs a 'fault'"));
  CHECK_THAT(step_refusal("fault = \"kill\"\nheal = \"s1\"\n"), Contains("exactly one"));
  CHECK_THAT(step_refusal("fault = \"kill\"\ntarget = \"everybody\"\n"), Contains("random-master"));
  CHECK_THAT(step_refusal("fault = \"kill\"\ntarget = \"n99\"\n"),
             Contains("s.toml:5:") && Contains("n1 to n6"));
  CHECK_THAT(step_refusal("fault = \"kill\"\nhold = 3\n"), Contains("cannot be held"));
  CHECK_THAT(step_refusal("fault = \"kill\"\nafter = [3, 1]\n"), Contains("[least, most]"));
  CHECK_THAT(step_refusal("fault = \"kill\"\nafter = nan\n"), Contains("s.toml:5:"));
  CHECK_THAT(step_refusal("fault = \"kill\"\nafter = [0, nan]\n"), Contains("s.toml:5:"));
  CHECK_THAT(step_refusal("fault = \"kill\"\nwhen = \"recoverd\"\n"), Contains("did you mean 'recovered'?"));
  CHECK_THAT(step_refusal("fault = \"kill\"\nwhen = { is = \"dead\", node = \"n44\" }\n"),
             Contains("n1 to n6"));
  CHECK_THAT(step_refusal("fault = \"kill\"\nsince = \"cut\"\n"), Contains("id of a step"));
  CHECK_THAT(step_refusal("heal = \"s2\"\n"), Contains("another step"));
  CHECK_THAT(step_refusal("command = \"PING\"\n"), Contains("'on'"));
  CHECK_THAT(step_refusal("command = \"PING 'x\"\non = \"n1\"\n"), Contains("s.toml:4:"));
  CHECK_THAT(step_refusal("command = \"GET {nothing}\"\non = \"n1\"\n"), Contains("nothing"));
  CHECK_THAT(step_refusal("command = \"PING\"\non = \"n1\"\nreply = \"/(/\"\n"), Contains("s.toml:6:"));
  CHECK_THAT(step_refusal("expect = \"owner\"\nslot = 99999\nnode = \"n1\"\n"), Contains("s.toml:5:"));
  CHECK_THAT(step_refusal("expect = \"owner\"\nslto = 9\nnode = \"n1\"\n"),
             Contains("s.toml:5:") && Contains("did you mean 'slot'?"));
  CHECK_THAT(step_refusal("id = \"a\"\nfault = \"kill\"\n[[step]]\nid = \"a\"\nfault = \"kill\"\n"),
             Contains("two steps"));
}

TEST_CASE("bad limits are refused") {
  const std::string load = "[[load]]\nworkload = \"register\"\n";
  CHECK_THAT(refusal(load + "[run]\ntime-limit = nan\n"), Contains("s.toml:4:"));
  CHECK_THAT(refusal(load + "[run]\nchecks = [\"slot-coverag\"]\n"),
             Contains("did you mean 'slot-coverage'?"));
  CHECK_THAT(refusal(load + "[run]\nmust-reach = [\"failovr\"]\n"), Contains("did you mean 'failover'?"));
  CHECK_THAT(refusal(load + "[[known]]\ncheck = \"registr\"\n"), Contains("unknown checker"));
  CHECK_THAT(refusal(load + "[random]\nfaults = [\"kill\"]\n"), Contains("'count'"));
  CHECK_THAT(refusal(load + "[random]\nfaults = [\"kil\"]\ncount = 3\n"), Contains("did you mean 'kill'?"));
}

TEST_CASE("a scenario that tests nothing is refused") {
  CHECK_THAT(refusal(""), Contains("tests nothing"));
  CHECK_THAT(refusal("[cluster]\nmasters = 3\n"), Contains("tests nothing"));
  const std::filesystem::path directory = std::filesystem::temp_directory_path() / "scenario_test_d.toml";
  std::filesystem::create_directories(directory);
  CHECK_THROWS_WITH(load_scenario(directory.string()), Contains("is a directory"));
  std::filesystem::remove_all(directory);
}

TEST_CASE("a scenario in a folder is known by its path and by its plain name") {
  const Scenario by_path = load_scenario("bugs/redis-6339");
  CHECK(by_path.plan.scenario == "redis-6339");
  CHECK(load_scenario("redis-6339").plan.description == by_path.plan.description);
  CHECK(std::ranges::count(by_path.plan.tags, "bug") == 1);
  CHECK_FALSE(by_path.plan.promise.empty());
  CHECK_THROWS_WITH(load_scenario("redis-633"), Contains("did you mean 'redis-6339'?"));
}

TEST_CASE("an unknown scenario is refused with the nearest name") {
  CHECK_THROWS_WITH(load_scenario("failover-basc"), Contains("did you mean 'failover-basic'?"));
  CHECK_THROWS_WITH(load_scenario("no/such/file.toml"), Contains("no/such/file.toml"));
}

TEST_CASE("a file that a load names is meant from the scenario's folder, and absolute in the plan") {
  const auto folder = std::filesystem::temp_directory_path() / "scenario_test_files";
  std::filesystem::create_directories(folder);
  const auto file_of = [&](const std::string& named) {
    std::ofstream(folder / "s.toml") << "[[load]]\nworkload = \"replay\"\n[load.options]\nfile = \"" + named +
                                            "\"\n[run]\nno-faults = true\ntime-limit = 1\n";
    return load_scenario((folder / "s.toml").string()).plan.loads.at(0).options.text("file");
  };
  CHECK(file_of("a/m.txt") == (folder / "a/m.txt").string());
  CHECK(file_of("../m.txt") == (folder.parent_path() / "m.txt").string());
  CHECK(file_of("/tmp/m.txt") == "/tmp/m.txt");
  CHECK(file_of("").empty());
  std::filesystem::remove_all(folder);
}
