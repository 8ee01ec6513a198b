// Several loads at once on a real cluster: keys, processes and counters apart, client groups shared.
#include "harness/run/load_set.h"

#include <catch2/catch.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/cluster/test_support.h"
#include "harness/core/check.h"
#include "harness/core/wait.h"
#include "harness/run/store.h"
#include "workloads/workloads.h"

using namespace harness;
using namespace std::chrono_literals;

namespace {

LoadPlan load_of(const std::string& name, const std::string& workload, int concurrency, int groups) {
  LoadPlan load;
  load.name = name;
  load.workload = workload;
  load.concurrency = concurrency;
  load.client_groups = groups;
  load.rate = 0;
  load.operation_timeout_ms = 10'000;
  load.options = load_options(*find_workload(workload), nlohmann::json::object(), "test");
  return load;
}

}  // namespace

TEST_CASE("three loads at once share hosts, and neither keys nor processes, each is counted") {
  TestSandbox bottle;
  Cluster cluster(*bottle.sandbox, bottle.options(3, 0));
  cluster.start();
  cluster.form();
  const RunFiles files{bottle.directory.path};
  const RunClock clock;
  auto recorder = std::make_unique<Recorder>(files.history(), clock);
  Plan plan;
  plan.seed = 5;
  plan.loads = {load_of("one", "register", 6, 2), load_of("two", "register", 4, 1),
                load_of("three", "queue", 4, 1)};
  std::vector<LoadCounters> counters;
  {
    LoadSet loads(plan, find_workload, *bottle.sandbox, cluster, *recorder);
    CHECK(loads.hosts().size() == 2);
    loads.start();
    wait_until("the loads", 60s, [&] {
      const auto ok = loads.acknowledged();
      return ok.at("one") > 500 && ok.at("two") > 500 && ok.at("three") > 500;
    });
    loads.check();
    loads.finish();
    CHECK_FALSE(loads.final_phase({0ms, 0ms}).finished);  // no time for anything
    std::size_t told = 0;
    const FinalEnd end = loads.final_phase({30s}, [&](std::size_t turns) {
      CHECK(turns >= told);
      told = turns;
      return true;
    });
    CHECK(end.unanswered == 0);
    CHECK(end.finished);
    counters = loads.counters();
  }
  recorder.reset();
  const History history = load_history(files);
  std::map<std::size_t, std::uint64_t> ok;
  for (const Operation& op : history.operations) {
    const std::size_t load = load_of_process(op.process, plan.loads.size());
    REQUIRE(history.key_text(op).starts_with(plan.loads[load].name + ":"));
    ok[load] += op.outcome == Outcome::kOk;
  }
  REQUIRE(counters.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(counters[i].load == plan.loads[i].name);
    CHECK(counters[i].ok == ok[i]);
    CHECK(counters[i].info == 0);
    CHECK(counters[i].unanswered_final == 0);
  }
}

TEST_CASE("options that a workload does not have are refused with the nearest name") {
  const auto refusal = [](const nlohmann::json& given) {
    try {
      load_options(*find_workload("set"), given, "s.toml");
      return std::string();
    } catch (const UsageError& error) {
      return std::string(error.what());
    }
  };
  CHECK_THAT(refusal({{"elments", 3}}), Catch::Contains("'set'") && Catch::Contains("elements"));
  CHECK_THAT(refusal({{"read", 2}}), Catch::Contains("out of range"));
  CHECK(refusal({{"elements", 3}}).empty());
}
