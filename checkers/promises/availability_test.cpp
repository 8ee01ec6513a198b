#include "checkers/promises/availability.h"

#include <catch2/catch.hpp>

#include "checkers/promises/failovers.h"
#include "checkers/promises/findings_test.h"
#include "checkers/promises/record_builder_test.h"
#include "harness/core/command_effects.h"

using namespace harness;
using namespace harness::testing;

namespace {

/// The others do not believe the node's slots from `from` to `until`: they still give them to `old`.
void disbelieve(RunRecord& run, int node, int old, int from, int until) {
  const std::string& heir = run.nodes[static_cast<std::size_t>(node - 1)].id;
  const std::string& loser = run.nodes[static_cast<std::size_t>(old - 1)].id;
  for (View& view : run.views) {
    const bool inside = RecordBuilder::nanos(from) <= view.begin && view.begin < RecordBuilder::nanos(until);
    if (!inside || view.node == node - 1 || !view.reachable) continue;
    SlotRanges slots;
    for (TopologyNode& line : view.topology.nodes)
      if (line.id == heir) slots = std::exchange(line.slots, {});
    for (TopologyNode& line : view.topology.nodes)
      if (line.id == loser && line.slots.empty()) line.slots = slots;
  }
}

/// n1 is killed at 10 s and comes back at 40 s as n4's replica; n4 is promoted at `promoted`, or never (0).
RecordBuilder killed(int promoted) {
  constexpr int restarted = 40'000;
  RecordBuilder b;
  b.observe_until(10'000);
  b.fault("kill", 1, 10'000, 10'010);
  b.crash(1, 9);
  b.observe_until(11'700);
  b.mark_failed(1);
  if (promoted > 0) {
    b.observe_until(promoted);
    b.promote(4, 7);
  }
  b.observe_until(restarted);
  b.fault("restart", 1, restarted, restarted + 10);
  b.restart(1);
  b.observe_until(restarted + 200);
  if (promoted > 0) b.demote(1, 4);
  b.observe_until(70'000);
  b.end(65'000, 69'000, 70'000);
  return b;
}

}  // namespace

TEST_CASE("an outage as long as a failover takes is available enough") {
  const CheckResult result = check_availability(killed(12'400).finish(), {});
  INFO(result.explanation);
  CHECK(result.valid == Validity::kValid);
  CHECK(result.measured.front().second > 2'000);
}

TEST_CASE("a promotion that nobody accepts ends no outage") {
  RunRecord run = killed(12'400).finish();
  disbelieve(run, 4, 1, 12'000, 41'000);
  const CheckResult result = check_availability(run, {});
  INFO(result.explanation);
  CHECK(violates(result, "slots-unavailable"));
  const CheckResult failover = check_failover(run, {});
  INFO(failover.explanation);
  CHECK(violates(failover, "slow-convergence"));
}

TEST_CASE("what a migration that was left half-way does to its slots accuses nobody") {
  RunRecord run = killed(18'000).finish();
  REQUIRE(violates(check_availability(run, {}), "slots-unavailable"));
  FaultRecord moving = run.faults.front();
  moving.heals = true;
  moving.heal_requested = moving.requested + kSecond;
  moving.healed = kNever;
  moving.effects.resize(1);
  moving.effects.front().kind = EffectKind::kMembership;
  FaultRecord later = moving;  // the one that acted in time, though not the first of the record
  moving.requested = moving.active = moving.heal_requested = run.info.end - kSecond;
  run.faults.push_back(moving);
  CHECK(violates(check_availability(run, {}), "slots-unavailable"));
  run.faults.push_back(later);
  CHECK(check_availability(run, {}).violations == 0);
}

TEST_CASE("a spare node, which belongs to no cluster yet, need not hear of a promotion") {
  RunRecord run = killed(12'400).finish();
  NodeInfo spare = run.nodes[0];
  spare.name = "n7";
  spare.ip = "10.77.0.7";
  spare.id = std::string(40, '7');
  spare.master = false;
  spare.spare = true;
  spare.slots.clear();
  run.nodes.push_back(spare);
  View alone;
  alone.node = 6;
  alone.end = run.info.end;
  alone.topology.nodes.emplace_back();
  alone.topology.nodes[0].id = spare.id;
  alone.topology.nodes[0].flags = kFlagMaster | kFlagMyself;
  run.views.push_back(alone);
  CHECK_FALSE(violates(check_failover(run, {}), "slow-convergence"));
  run.nodes.back().spare = false;
  CHECK(violates(check_failover(run, {}), "slow-convergence"));
}

TEST_CASE("a failover that came too late leaves its slots unavailable") {
  CHECK(violates(check_availability(killed(18'000).finish(), {}), "slots-unavailable"));
}

TEST_CASE("an outage is not judged where further faults are at work, or the slots need not be covered") {
  RecordBuilder b = killed(25'000);
  b.fault("pause", 2, 10'500, 10'510, 30'000, 30'010);
  CHECK(check_availability(b.finish(), {}).valid == Validity::kValid);

  RunRecord run = killed(25'000).finish();
  CommandRecord command;
  command.words = {"CLUSTER", "FAILOVER"};
  command.node = 3;
  command.time = command.replied = RecordBuilder::nanos(11'000);
  run.faults.push_back(faults_of_commands({command}).at(0));
  CHECK(check_availability(run, {}).valid == Validity::kValid);

  run.faults.pop_back();
  CHECK(check_availability(run, {}).valid == Validity::kInvalid);
  run.info.config.require_full_coverage = false;
  CHECK(check_availability(run, {}).valid == Validity::kNotApplicable);
}

TEST_CASE("without a replica a lost master excuses its outage until it is back, and a failover's time more") {
  const auto alone = [](int served_again) {
    RecordBuilder b;
    b.link(4, false);
    b.observe_until(10'000);
    b.fault("kill", 1, 10'000, 10'010);
    b.crash(1, 9);
    b.observe_until(20'000);
    b.fault("restart", 1, 20'000, 20'010);
    b.restart(1);
    b.pause(1);  // it does not answer yet
    b.observe_until(served_again);
    b.pause(1, false);
    b.observe_until(60'000);
    b.end(55'000, 59'000, 60'000);
    return check_availability(b.finish(), {}).valid;
  };
  CHECK(alone(24'000) == Validity::kValid);
  CHECK(alone(45'000) == Validity::kInvalid);
}

TEST_CASE("no failover is due, and no outage judged, once a fault takes the majority away") {
  for (const bool majority : {false, true}) {
    RecordBuilder b;
    b.observe_until(10'000);
    FaultRecord& fault = b.fault("kill", 1, 10'000, 10'010);
    b.crash(1, 9);
    if (!majority) {
      fault.nodes.push_back(1);
      b.crash(2, 9);
    }
    b.observe_until(40'000);
    b.restart(1);
    if (!majority) b.restart(2);
    b.observe_until(70'000);
    b.end(65'000, 69'000, 70'000);
    const RunRecord run = b.finish();
    CHECK(violates(check_failover(run, {}), "no-failover") == majority);
    CHECK(violates(check_availability(run, {}), "slots-unavailable") == majority);
  }
}

TEST_CASE("an outage without a fault is held to no fault's bound") {
  const auto away = [](int until) {
    RecordBuilder b;
    b.observe_until(10'000);
    b.pause(1);
    b.observe_until(until);
    b.pause(1, false);
    b.observe_until(60'000);
    b.end(55'000, 59'000, 60'000);
    return check_availability(b.finish(), {});
  };
  const CheckResult brief = away(11'000);
  INFO(brief.explanation);
  CHECK(brief.valid == Validity::kValid);
  CHECK(measured(brief, "outages_without_fault") == 1);
  CHECK(brief.explanation.find("without a fault") != std::string::npos);
  const CheckResult longer = away(13'500);
  INFO(longer.explanation);
  CHECK(longer.valid == Validity::kUnknown);
  CHECK(longer.explanation.find("no fault of the run is a reason") != std::string::npos);
  for (const CheckResult& result : {brief, longer, away(40'000)})
    CHECK(result.explanation.find("every fault was over") == std::string::npos);
  CHECK(away(40'000).valid == Validity::kInvalid);
}

TEST_CASE("no view, no verdict about availability") {
  RecordBuilder b;
  CHECK(check_availability(b.finish(), {}).valid == Validity::kUnknown);
}

TEST_CASE("the first write of a new master has a bound, where clients offered one") {
  const auto found = [](int first_write, bool offered) {
    RecordBuilder b = killed(12'400);
    const std::string key = key_of(0);
    b.write(1, key, 1, {5'000, 5'001}, 1);
    if (offered)
      for (int t = 13'000; t < first_write; t += 200)
        b.write(2, key, 100 + t, {t + 0.0, t + 1.0}, 4, Outcome::kFail);
    b.write(3, key, 2, {first_write + 0.0, first_write + 1.0}, 4);
    return violates(check_failover(b.finish(), {}), "slow-first-write");
  };
  CHECK_FALSE(found(14'000, true));
  CHECK_FALSE(found(25'000, false));
  CHECK(found(25'000, true));
}

TEST_CASE("a command before the failover, that is over, excuses no slow convergence") {
  RunRecord run = killed(12'400).finish();
  disbelieve(run, 4, 1, 12'000, 41'000);
  CommandRecord command;
  command.words = {"CLUSTER", "FAILOVER"};
  command.time = command.replied = GENERATE(1'000, 9'000) * kMillisecond;
  command.node = 5;
  run.commands = {command};
  const auto faults = faults_of_commands(run.commands);
  run.faults.insert(run.faults.begin(), faults.begin(), faults.end());
  run.faults.front().effects.front().kind = GENERATE(EffectKind::kData, EffectKind::kConfig);
  const bool lasts = run.faults.front().effects.front().kind == EffectKind::kConfig;
  const bool just_before = command.time > kSecond;
  CHECK(violates(check_failover(run, {}), "slow-convergence") == (!lasts && !just_before));
}
