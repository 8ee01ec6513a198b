// When a run has a bus path, and what it leaves in the store.
#include "harness/run/bus_record.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "harness/cluster/test_support.h"
#include "harness/conditions/conditions.h"
#include "harness/core/wait.h"
#include "harness/sandbox/namespace_test_support.h"

using namespace harness;
using namespace std::chrono_literals;

namespace {

StepPlan step_of(StepPlan::Kind kind, const std::string& name) {
  StepPlan step;
  step.kind = kind;
  step.name = name;
  return step;
}

ConditionPlan condition(const nlohmann::json& given) {
  std::string problem;
  ConditionPlan plan = complete_condition(given, problem);
  REQUIRE(problem.empty());
  return plan;
}

}  // namespace

TEST_CASE("a run has a bus path only where its plan needs one") {
  Plan plan;
  plan.steps = {step_of(StepPlan::Kind::kFault, "kill"), step_of(StepPlan::Kind::kFault, "packet-delay")};
  CHECK_FALSE(needs_bus_path(plan));
  SECTION("for a fault") {
    plan.steps.push_back(step_of(StepPlan::Kind::kFault, "bus-drop"));
    CHECK(needs_bus_path(plan));
  }
  SECTION("for a condition") {
    plan.steps[0].when = condition({{"is", "bus-message"}, {"type", "FAIL"}});
    CHECK(needs_bus_path(plan));
  }
  SECTION("for a condition within one") {
    plan.steps[1].until = condition({{"is", "not"}, {"condition", {{"is", "bus-message"}, {"type", "any"}}}});
    CHECK(needs_bus_path(plan));
  }
  SECTION("for its evidence") {
    plan.limits.bus_evidence = true;
    CHECK(needs_bus_path(plan));
  }
}

TEST_CASE("what passes on the bus of a real cluster is in the store") {
  in_each_sandbox([](SandboxMode mode) {
    TestSandbox bottle(mode);
    const RunFiles files{bottle.directory.path};
    Cluster cluster(*bottle.sandbox, bottle.options(3, 1));
    BusRecord record(cluster, files);
    cluster.start();
    cluster.form();
    const RunClock clock;
    record.begin(clock);
    const auto counted = [&] {
      return count_of(record.path().traffic().counts(), {BusTypeSet::all(), {}, {}, true});
    };
    wait_until("messages pass", 30s, [&] { return counted() > 60; });
    auto replica = cluster.node(3).connect();
    require_that(bool(replica), "n4 answers");
    require_that(replica->call({"CLUSTER", "FAILOVER"})->text == "OK", "n4 is asked to take over");
    BusTypeSet votes;
    votes.add(BusType::kAuthAck);
    wait_until("a majority votes", 30s, [&] {
      return count_of(record.path().traffic().counts(), {votes, {}, {}, true}) >= 2;
    });
    record.end();
    const BusLog log = parse_bus_log(read_file(files.bus()));
    require_that(log.open && log.opening.hosts.size() == 6 && log.opening.closed_links == 0,
                 "opened at first");
    require_that(log.bad_lines == 0 && log.saw_all(log.opening.hosts), "every byte was read");
    require_that(count_of(log.counts, {BusTypeSet::all(), {}, {}, true}) > 60, "counts");
    require_that(!log.messages.empty(), "the first claim of each link");
    for (const BusSighting& seen : log.messages) {
      if (seen.message.type == BusType::kAuthAck)
        require_that(seen.saved_vote >= static_cast<std::int64_t>(seen.message.current_epoch),
                     "a vote is on the voter's disk when it passes");
      require_that(seen.time >= 0 && seen.time <= clock.now(), "in the run's time");
      bool known = false;
      for (const NodeInfo& node : cluster.infos())
        known = known || (node.id == seen.message.sender && node.name == seen.link.from);
      require_that(known, "the sender is who its host says");
    }
  });
}
