// The checker "strength": a run that proves enough, and each way to prove too little.
#include "checkers/promises/strength.h"

#include <catch2/catch.hpp>

#include "checkers/promises/findings_test.h"
#include "checkers/promises/reached.h"
#include "checkers/promises/record_builder_test.h"

using namespace harness;
using namespace harness::testing;

namespace {

bool told(const RunRecord& run, std::string_view text) {
  const CheckResult result = check_strength(run, {});
  INFO(result.explanation);
  return result.explanation.find(text) != std::string::npos;
}

bool reached(const RunRecord& run, std::string_view state) {
  return why_not_reached(run, state).empty();
}
bool cannot_tell(const RunRecord& run, std::string_view state) {
  return why_not_reached(run, state).find("cannot tell") != std::string::npos;
}

void add_line(RunRecord& run, int node, int ms, const std::string& text) {
  LogLine line;
  line.node = node - 1;
  line.time = RecordBuilder::nanos(ms);
  line.pid = run.incarnations[static_cast<std::size_t>(node - 1)].pid;
  line.text = text;
  run.logs.push_back(line);
}

/// No fault, no failover; steady load, settled and read in the end.
RunRecord undisturbed() {
  RecordBuilder b;
  b.observe_until(7'000);
  b.load(key_of(0), 1, 0, 5'000, 1);
  b.end(5'000, 6'000, 7'000);
  b.read(900, key_of(0), b.last_value(), {6'100, 6'101}, 1);
  return b.finish();
}

}  // namespace

TEST_CASE("strength") {
  RunRecord run = FailoverRun().finish();
  const auto unknown = [](const RunRecord& weak, std::string_view why) {
    const CheckResult result = check_strength(weak, {});
    INFO(result.explanation);
    CHECK(result.valid == Validity::kUnknown);
    CHECK(result.explanation.find(why) != std::string::npos);
  };
  SECTION("good") {
    const CheckResult result = check_strength(run, {});
    INFO(result.explanation);
    CHECK(result.valid == Validity::kValid);
    CHECK(measured(result, "operations_during_fault_min") > 100);
    CHECK(measured(result, "operations_during_fault_min") <= measured(result, "operations_during_faults"));
    CHECK(measured(result, "faults_healed") == 0);  // what does not heal is not counted as healed
    CHECK_THAT(result.explanation, Catch::StartsWith("2 faults, all verified active; none was to heal; "));
  }
  SECTION("commands are counted apart, and what was to heal and did") {
    run.faults[1].heals = true;
    run.faults[1].healed = run.faults[1].active;
    FaultRecord& moved = run.faults.emplace_back(run.faults[0]);
    moved.step = "asked";
    CommandRecord& command = run.commands.emplace_back();
    command.step = "asked";
    command.node = 0;
    command.time = moved.requested;
    const CheckResult result = check_strength(run, {});
    CHECK_THAT(result.explanation,
               Catch::StartsWith("2 faults and 1 command, all verified active; 1 was to heal, and did; "));
    CHECK(measured(result, "faults_requested") == 2);
    CHECK(measured(result, "commands_requested") == 1);
  }
  SECTION("what a fault prepared before it struck is a part of it") {
    FaultRecord& blow = run.faults[0];
    blow.step = "blow";
    blow.prepared = blow.requested - kSecond;
    FaultRecord preparation = blow;
    preparation.prepared = kNever;
    preparation.healed = blow.requested;
    preparation.requested = blow.prepared;
    preparation.heals = true;
    run.faults.push_back(preparation);
    CHECK(measured(check_strength(run, {}), "faults_requested") == 2);
  }
  SECTION("a fault never verified") {
    run.faults[0].active = kNever;
    unknown(run, "never verified to be active");
  }
  SECTION("a fault never healed") {
    run.faults[1].heals = true;
    unknown(run, "never verified to be healed");
  }
  SECTION("nobody worked during the fault") {
    std::erase_if(run.history.operations, [](const Operation& op) {
      return 10 * kSecond < op.completed && op.completed < 16 * kSecond;
    });
    unknown(run, "operations were acknowledged during debug-segfault");
  }
  SECTION("nobody could work: no server ran") {
    std::erase_if(run.history.operations, [](const Operation& op) {
      return 10 * kSecond < op.completed && op.completed < 16 * kSecond;
    });
    for (Incarnation& life : run.incarnations)
      if (life.started < run.faults[0].active) life.ended = std::min(life.ended, run.faults[0].active);
    const CheckResult result = check_strength(run, {});
    INFO(result.explanation);
    CHECK(result.explanation.find("acknowledged during debug-segfault") == std::string::npos);
    // The others come back a second before n1 does, and as masters serve nobody yet.
    const std::vector<Incarnation> dead = run.incarnations;
    for (Incarnation life : dead) {
      if (life.node == 0) continue;
      life.started = 15 * kSecond;
      life.ended = kNever;
      run.incarnations.push_back(life);
    }
    CHECK(check_strength(run, {}).explanation.find("acknowledged during debug-segfault") ==
          std::string::npos);
  }
  SECTION("too few operations") {
    run.history.operations.resize(50);
    unknown(run, "Only 50 operations");
  }
  SECTION("nothing was acknowledged, and most of it for one reason") {
    const std::uint16_t reason = static_cast<std::uint16_t>(run.history.errors.intern("no-owner-found"));
    for (Operation& op : run.history.operations) {
      op.outcome = Outcome::kFail;
      op.error = reason;
    }
    unknown(run, "Only 0 operations were acknowledged in the whole run (" +
                     std::to_string(run.history.operations.size()) + " ended with no-owner-found)");
  }
  SECTION("a final read that was never answered") {
    Operation& last = run.history.operations.back();
    REQUIRE(last.invoked >= run.info.settled);
    last.outcome = Outcome::kFail;
    unknown(run, "The final read of 1 of 3 keys was never answered");
    // Nobody was meant to serve its slot: then nobody owes an answer.
    const int slot = slot_of(run.history.keys.text(last.key));
    Membership intended(run.nodes);
    intended.take_away({{slot, slot}});
    run.intended.push_back({0, intended});
    const CheckResult result = check_strength(run, {});
    INFO(result.explanation);
    CHECK(result.valid == Validity::kValid);
  }
  SECTION("a replica that was never looked at, so that its failover cannot be told") {
    std::erase_if(run.views, [](const View& view) { return view.node == 3; });
    unknown(run, "observer never reached n4");
  }
  SECTION("the observer was asleep") {
    std::erase_if(run.offsets, [](const OffsetSample& sample) {
      return sample.time > 13 * kSecond && sample.time < 16 * kSecond;
    });
    unknown(run, "observer was silent");
  }
  SECTION("final reads that ran out of time") {
    run.info.environment["final_reads"] = "not finished";
    unknown(run, "final reads were not finished");
  }
  SECTION("no final reads, no settling, an interruption") {
    run.info.settled = kNever;
    unknown(run, "not seen to settle");
    run.info.interrupted = true;
    unknown(run, "interrupted");
  }
}

TEST_CASE("a run without a fault proves something only when its plan wants none") {
  RunRecord run = undisturbed();
  CHECK(check_strength(run, {}).valid == Validity::kUnknown);
  CHECK(told(run, "No fault was tried"));
  run.plan.limits.no_faults = true;
  CHECK(check_strength(run, {}).valid == Validity::kValid);
  CHECK(told(run, "No fault was wanted"));
  run.plan.limits.no_faults = false;
  StepPlan step;
  step.id = "1";
  run.plan.steps = {step};
  CHECK(check_strength(run, {}).valid == Validity::kUnknown);
  CHECK(told(run, "None of the plan's faults was tried"));
}

TEST_CASE("a run without clients proves what its steps expect, once that was decided") {
  RecordBuilder b;
  b.observe_until(7'000);
  b.end(5'000, 6'000, 7'000);
  RunRecord run = b.finish();
  StepPlan step;
  step.id = "e";
  step.kind = StepPlan::Kind::kExpect;
  run.plan.steps = {step};
  CHECK(check_strength(run, {}).valid == Validity::kUnknown);
  CHECK(told(run, "Nothing of what the plan's steps expect was decided"));
  ExpectationRecord held;
  held.step = "e";
  held.held_at = kSecond;
  run.expectations = {held};
  CHECK(check_strength(run, {}).valid == Validity::kValid);
  run.plan.steps[0].kind = StepPlan::Kind::kWait;  // a wait asks for nothing
  CHECK(check_strength(run, {}).valid == Validity::kUnknown);
}

TEST_CASE("states that the plan insists on") {
  const RunRecord good = FailoverRun().finish();
  const RunRecord quiet = undisturbed();
  RunRecord run = quiet;
  SECTION("one that was not reached makes the run unknown, with its name") {
    RunRecord insisting = good;
    insisting.plan.limits.must_reach = {"failover"};
    CHECK(check_strength(insisting, {}).valid == Validity::kValid);
    insisting.plan.limits.must_reach = {"failover", "lost-election"};
    CHECK(check_strength(insisting, {}).valid == Validity::kUnknown);
    CHECK(told(insisting, "The state lost-election, which the plan insists on, was not reached"));
    insisting.plan.limits.must_reach = {"no-such-state"};
    CHECK(check_strength(insisting, {}).valid == Validity::kUnknown);
  }
  SECTION("failover") {
    CHECK(reached(good, "failover"));
    CHECK_FALSE(reached(quiet, "failover"));
    run.views.clear();
    CHECK(cannot_tell(run, "failover"));
  }
  SECTION("full-sync: not the one of the formation") {
    add_line(run, 1, -500, "Full resync requested by replica 10.77.0.4:6379");
    CHECK_FALSE(reached(run, "full-sync"));
    add_line(run, 1, 500, "Full resync requested by replica 10.77.0.4:6379");
    CHECK(reached(run, "full-sync"));
    run.logs.clear();
    CHECK(cannot_tell(run, "full-sync"));
  }
  SECTION("ask and stale-client") {
    CHECK(cannot_tell(run, "ask"));
    CHECK(cannot_tell(run, "stale-client"));
    run.counters.recorded_events = 100;
    CHECK_FALSE(reached(run, "ask"));
    CHECK_FALSE(cannot_tell(run, "stale-client"));
    run.counters.asked = 1;
    CHECK(reached(run, "ask"));
    CHECK_FALSE(reached(run, "stale-client"));
    Operation& op = run.history.operations.front();
    op.error = static_cast<std::uint16_t>(run.history.errors.intern("moved"));
    CHECK(reached(run, "stale-client"));
  }
  SECTION("lost-election") {
    CHECK_FALSE(reached(good, "lost-election"));
    add_line(run, 4, 1'000, "Starting a failover election for epoch 7.");
    CHECK(reached(run, "lost-election"));
    add_line(run, 4, 1'100, "Failover election won: I'm the new master.");
    CHECK_FALSE(reached(run, "lost-election"));
    run.logs.clear();
    CHECK(cannot_tell(run, "lost-election"));
  }
  SECTION("epoch-collision") {
    CHECK_FALSE(reached(run, "epoch-collision"));
    run.views.back().topology.nodes[0].config_epoch = run.views.back().topology.nodes[1].config_epoch;
    CHECK(reached(run, "epoch-collision"));
    run = quiet;
    add_line(run, 1, 700, "WARNING: configEpoch collision with node n2. configEpoch set to 9");
    CHECK(reached(run, "epoch-collision"));
    run = quiet;
    run.logs.clear();
    CHECK(cannot_tell(run, "epoch-collision"));
  }
}
