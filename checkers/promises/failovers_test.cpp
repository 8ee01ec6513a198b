// "failover": its phases and bounds, what causes one, and when one is due.
#include "checkers/promises/failovers.h"

#include <catch2/catch.hpp>

#include "checkers/promises/analysis.h"
#include "checkers/promises/falsified_run_test.h"
#include "checkers/promises/findings_test.h"

using namespace harness;
using namespace harness::testing;

TEST_CASE("failover: phases and bounds") {
  RunRecord run = healthy();
  SECTION("good") {
    const auto failovers = find_failovers(run);
    REQUIRE(failovers.size() == 1);
    const Failover& failover = failovers[0];
    CHECK(failover.shard == 0);
    CHECK(failover.fault == "debug-segfault");
    CHECK(to_ms(failover.fault_at) == 10'000);
    CHECK(to_ms(failover.fail) == Approx(11'700).margin(101));
    CHECK(failover.pfail <= failover.fail);
    CHECK(to_ms(failover.election) == 12'400);
    CHECK(to_ms(failover.promoted) == Approx(12'400).margin(101));
    CHECK(to_ms(failover.first_write) == 12'601);
    CHECK(to_ms(failover.converged) == Approx(12'400).margin(101));
    CHECK(failover.bound_ms == 4'270);
    CHECK(failover.within_bound);
    const CheckResult result = check_failover(run, {});
    INFO(result.explanation);
    CHECK(result.valid == Validity::kValid);
    // The row and the failover have one bound.
    const auto bound = std::ranges::find(result.bound, "promotion_ms_max", &Measures::value_type::first);
    REQUIRE(bound != result.bound.end());
    CHECK(bound->second == failover.bound_ms);
    CHECK(result.explanation.find("(bound 4270 ms for a promotion: 4000 ms") != std::string::npos);
  }
  SECTION("good: late, after a fault that slows the bus down and silences nobody") {
    run.info.config.node_timeout_ms = 500;
    for (Effect& effect : run.faults.front().effects) effect.kind = EffectKind::kBus;
    const auto failovers = find_failovers(run);
    REQUIRE(failovers.size() == 1);
    CHECK(failovers[0].bound_ms == 0);
    CHECK(failovers[0].within_bound);
    const CheckResult result = check_failover(run, {});
    CHECK_FALSE(violates(result, "slow-failover"));
    // Nor is it told beside a bound that it was not held to.
    CHECK(measured(result, "promotion_ms_max") == 0);
    CHECK(measured(result, "promotion_unbounded_ms_max") > 2'000);
  }
  SECTION("good: another fault was at work, and the words say so") {
    FaultRecord pause = run.faults.front();
    pause.nodes = {1};
    pause.effects.resize(1);
    pause.effects.front().kind = EffectKind::kStopped;
    pause.effects.front().nodes = {1};
    pause.requested = pause.active = RecordBuilder::nanos(10'500);
    pause.heals = true;
    pause.heal_requested = pause.healed = RecordBuilder::nanos(11'000);
    run.faults.push_back(pause);
    const CheckResult result = check_failover(run, {});
    INFO(result.explanation);
    CHECK(measured(result, "promotion_ms_max") == 0);
    CHECK(measured(result, "promotion_unbounded_ms_max") > 2'000);
    CHECK(result.explanation.find("because another fault was at work") != std::string::npos);
  }
  SECTION("bad: too slow") {
    run.info.config.node_timeout_ms = 500;  // 2 s
    CHECK(violates(check_failover(run, {}), "slow-failover"));
    // A machine on which an operation takes a second while all is well stretches every bound by as much.
    for (Operation& op : run.history.operations)
      if (op.completed < 9 * kSecond) op.completed += kSecond;
    const CheckResult result = check_failover(run, {});
    CHECK(result.valid == Validity::kValid);
    const auto bound = std::ranges::find(result.bound, "promotion_ms_max", &Measures::value_type::first);
    REQUIRE(bound != result.bound.end());
    CHECK(measured(result, "promotion_ms_max") > 2'000);
    CHECK(measured(result, "promotion_ms_max") <= bound->second);
    CHECK(result.explanation.find("what the machine's delays") != std::string::npos);
  }
  for (Incarnation& life : run.incarnations) life.expected = true;  // somebody ended it, and has no fault
  SECTION("bad: needless") {
    run.faults.erase(run.faults.begin());
    CHECK(violates(check_failover(run, {}), "needless-failover"));
  }
  SECTION("a master that left by order, or crashed by itself, is not replaced needlessly") {
    run.faults.erase(run.faults.begin());
    REQUIRE(violates(check_failover(run, {}), "needless-failover"));
    RunRecord left = run;
    Membership membership(left.nodes);
    membership.remove(0);
    left.intended = {{0, membership}};
    CHECK_FALSE(violates(check_failover(left, {}), "needless-failover"));
    for (Incarnation& life : run.incarnations)
      if (life.node == 0 && life.ended != kNever) life.expected = false;
    CHECK_FALSE(violates(check_failover(run, {}), "needless-failover"));
  }
  SECTION("bad: a cut healed at once ended in a failover") {
    run.faults[0].fault = "isolate";
    run.faults[0].sides = {{"n1"}, {"n2", "n3", "n4", "n5", "n6"}};
    run.faults[0].effects = effects_of_old_record(run.faults[0]);
    run.faults[0].heals = true;
    run.faults[0].heal_requested = run.faults[0].healed = run.faults[0].active + 300 * kMillisecond;
    CHECK(violates(check_failover(run, {}), "needless-failover"));
  }
  SECTION("a machine that stood still excuses what no fault explains") {
    run.faults.erase(run.faults.begin());
    const auto still = [](Nanos time) { return 10 * kSecond < time && time < 12 * kSecond; };
    std::erase_if(run.offsets, [&](const OffsetSample& sample) { return still(sample.time); });
    std::erase_if(run.views, [&](const View& view) { return still(view.begin); });
    std::erase_if(run.logs, [&](const LogLine& line) { return still(line.time); });
    std::erase_if(run.history.operations, [&](const Operation& op) { return still(op.invoked); });
    CHECK(check_failover(run, {}).valid == Validity::kUnknown);
  }
  SECTION("no evidence") {
    run.views.clear();
    CHECK(check_failover(run, {}).valid == Validity::kUnknown);
  }
}

TEST_CASE("failover: a lost master that nobody replaces") {
  RecordBuilder b;
  b.observe_until(10'000);
  b.fault("kill", 1, 10'000, 10'020);
  b.crash(1, 9);
  b.observe_until(20'000);
  b.end(18'000, 19'500, 20'000);
  SECTION("bad") {
    const CheckResult result = check_failover(b.finish(), {});
    CHECK(violates(result, "no-failover"));
    CHECK(result.explanation.find("n1") != std::string::npos);
  }
  SECTION("its replica is told not to take over: nothing was due") {
    const auto missed = [&](const std::string& node, const std::string& directive) {
      RecordBuilder told = b;
      told.run.plan.cluster.nodes[node].directives[directive] = "yes";
      return violates(check_failover(told.finish(), {}), "no-failover");
    };
    CHECK_FALSE(missed("n4", "cluster-replica-no-failover"));
    CHECK_FALSE(missed("n4", "cluster-slave-no-failover"));
    CHECK(missed("n5", "cluster-replica-no-failover"));
    CHECK(missed("n4", "cluster-allow-reads-when-down"));
  }
  SECTION("its replica was lost too: nothing was due") {
    RecordBuilder both;
    both.observe_until(9'000);
    both.fault("kill", 4, 9'000, 9'020);
    both.crash(4, 9);
    both.observe_until(10'000);
    both.fault("kill", 1, 10'000, 10'020);
    both.crash(1, 9);
    both.observe_until(20'000);
    CHECK(check_failover(both.finish(), {}).valid == Validity::kValid);
  }
}

TEST_CASE("failover: a node that was lost for good long before leaves the next one due") {
  const auto missing = [](int second_killed, bool majority) {
    RecordBuilder b;
    b.observe_until(4'000);
    b.fault("kill", 5, 4'000, 4'020);
    b.crash(5, 9);
    if (!majority) {
      b.fault("kill", 3, 4'100, 4'120);
      b.crash(3, 9);
    }
    b.observe_until(second_killed);
    b.fault("kill", 1, second_killed, second_killed + 20);
    b.crash(1, 9);
    b.observe_until(second_killed + 12'000);
    b.end(second_killed + 10'000, second_killed + 11'500, second_killed + 12'000);
    return violates(check_failover(b.finish(), {}), "no-failover");
  };
  CHECK(missing(25'000, true));
  CHECK_FALSE(missing(6'000, true));
  CHECK_FALSE(missing(25'000, false));
}

TEST_CASE("failover: a node timeout that is raised afterwards does not stretch the bound of one before") {
  RunRecord run = healthy();
  FaultRecord set;
  set.nodes = {1};
  set.effects.emplace_back();
  set.effects[0].kind = EffectKind::kConfig;
  set.effects[0].detail = "cluster-node-timeout 15000";
  const auto bound = [&](int from, int until) {
    set.requested = set.active = from * kMillisecond;
    set.healed = until * kMillisecond;
    RunRecord changed = run;
    changed.faults.push_back(set);
    return find_failovers(changed).at(0).bound_ms;
  };
  CHECK(bound(13'000, 14'000) == 4'270);
  CHECK(bound(1'000, 2'000) == 4'270);
  CHECK(bound(1'000, 11'000) == 31'270);
}

TEST_CASE(
    "a handover is the cause of its promotion, also where the old master had been hindered long before") {
  RunRecord run = healthy();
  FaultRecord& fault = run.faults.at(0);
  REQUIRE(fault.requested == 10'000 * kMillisecond);
  fault.requested = fault.active = 4'000 * kMillisecond;  // of the crash it is told six seconds too early
  const CheckResult late = check_failover(run, {});
  CHECK(late.valid == Validity::kInvalid);
  FaultRecord asked;
  asked.nodes = {3};
  asked.requested = asked.active = 11'900 * kMillisecond;
  asked.effects.emplace_back();
  asked.effects[0].kind = EffectKind::kHandover;
  asked.effects[0].nodes = {3};
  run.faults.insert(run.faults.begin() + 1, asked);
  const CheckResult handed = check_failover(run, {});
  INFO(handed.explanation);
  CHECK(handed.valid == Validity::kValid);
}

TEST_CASE(
    "no failover is due where the only replica had been cut off from its master before, on whichever port") {
  RunRecord run = healthy();
  REQUIRE_FALSE(Analysis(run).due.empty());
  FaultRecord cut;
  cut.nodes = {0, 3};
  cut.requested = cut.active = 2'000 * kMillisecond;
  cut.effects.emplace_back();
  cut.effects[0].kind = EffectKind::kCut;
  cut.effects[0].traffic = Traffic::kClientPort;
  cut.effects[0].links = {{"n1", "n4"}};
  cut.heals = true;
  run.faults.insert(run.faults.begin(), cut);
  CHECK(Analysis(run).due.empty());
  run.faults[0].healed = 9'000 * kMillisecond;
  CHECK_FALSE(Analysis(run).due.empty());
}

TEST_CASE("a master that was lost and came back excuses neither what is missing later nor what is needless") {
  RecordBuilder b;
  b.observe_until(4'000);
  b.fault("kill", 1, 4'000, 4'020);
  b.crash(1, 9);
  b.observe_until(6'400);
  b.promote(4, 7);
  b.observe_until(8'000);
  b.restart(1);
  b.observe_until(8'300);
  b.demote(1, 4);
  const auto lose_for_12_s = [&](int killed) {
    b.observe_until(killed);
    b.fault("kill", 2, killed, killed + 20);
    b.crash(2, 9);
    b.observe_until(killed + 12'000);
    b.end(killed + 10'000, killed + 11'500, killed + 12'000);
  };
  SECTION("bad: another is lost for long, and nobody takes over") {
    lose_for_12_s(20'000);
    CHECK(violates(check_failover(b.finish(), {}), "no-failover"));
  }
  SECTION("good: it is lost while the first is hardly back") {
    lose_for_12_s(8'400);
    CHECK_FALSE(violates(check_failover(b.finish(), {}), "no-failover"));
  }
  SECTION("bad: its heir is replaced for no reason") {
    b.observe_until(30'000);
    b.promote(1, 9);
    b.demote(4, 1);
    b.observe_until(36'000);
    b.end(34'000, 35'000, 36'000);
    const auto judged = [&](auto change) {
      RunRecord run = b.finish();
      change(run);
      return violates(check_failover(run, {}), "needless-failover");
    };
    CHECK(judged([](RunRecord&) {}));
    const auto by_hand = [](Nanos time) {
      return [time](RunRecord& run) {
        LogLine line;
        line.time = time;
        line.node = 0;
        line.text = "Manual failover user request accepted.";
        run.logs.push_back(line);
      };
    };
    CHECK(judged(by_hand(10 * kSecond)));
    CHECK_FALSE(judged(by_hand(28 * kSecond)));
    const auto paused = [](Nanos from, Nanos until) {
      return [=](RunRecord& run) {
        FaultRecord fault;
        fault.nodes = {3};
        fault.effects.emplace_back();
        fault.effects[0].kind = EffectKind::kStopped;
        fault.requested = fault.active = from;
        fault.heals = true;
        fault.heal_requested = fault.healed = until;
        run.faults.push_back(fault);
      };
    };
    CHECK(judged(paused(12 * kSecond, 15 * kSecond)));
    CHECK_FALSE(judged(paused(27 * kSecond, 29 * kSecond)));
  }
}
