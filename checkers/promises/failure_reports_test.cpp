// Who may be declared failed and who may win, against what really happened; and which promise is named.
#include <catch2/catch.hpp>

#include "checkers/promises/failure_reports.h"
#include "checkers/promises/falsified_run_test.h"
#include "checkers/promises/findings_test.h"
#include "checkers/promises/promised.h"
#include "checkers/promises/votes.h"

using namespace harness;
using namespace harness::testing;

namespace {

constexpr std::string_view kUnserved = " is reachable again and nobody is serving its slots after some time.";

}  // namespace

TEST_CASE("failure-reports") {
  RunRecord run = healthy();
  SECTION("good: a crash is a reason for everybody") {
    const CheckResult result = check_failure_reports(run, {});
    INFO(result.explanation);
    CHECK(result.valid == Validity::kValid);
    CHECK(measured(result, "declared_failed") > 0);
    CHECK(measured(result, "declarations_compared") == measured(result, "declared_failed"));
    CHECK(result.explanation.find("may have had a reason") != std::string::npos);
  }
  SECTION("bad: a master is declared failed to whom nothing happened") {
    add_line(run, 3, 1'000, "Marking node " + id(2) + " as failing (quorum reached).");
    CHECK(has(check_failure_reports(run, {}), "failed-without-majority"));
  }
  SECTION("good: the clock of the node that says so was moved, so that nobody knows when it did") {
    add_line(run, 3, 1'000, "Marking node " + id(2) + " as failing (quorum reached).");
    move_clock(run, 3, 6'000);
    CHECK_FALSE(has(check_failure_reports(run, {}), "failed-without-majority"));
  }
  SECTION("good: a node that crashes by itself, or answers nobody, is a reason too") {
    add_line(run, 3, 1'000, "Marking node " + id(2) + " as failing (quorum reached).");
    RunRecord hung = run;
    for (View& view : hung.views)
      if (view.node == 1 && view.begin < RecordBuilder::nanos(1'000)) view.reachable = false;
    CHECK_FALSE(has(check_failure_reports(hung, {}), "failed-without-majority"));
    Incarnation crashed;
    crashed.node = 1;
    crashed.ended = RecordBuilder::nanos(500);
    run.incarnations.push_back(crashed);
    CHECK_FALSE(has(check_failure_reports(run, {}), "failed-without-majority"));
  }
  SECTION("bad: one look at it failed, between two that it answered") {
    add_line(run, 3, 1'000, "Marking node " + id(2) + " as failing (quorum reached).");
    const auto seen = std::ranges::find_if(run.views, [](const View& view) {
      return view.node == 1 && view.begin < RecordBuilder::nanos(500) && view.end > RecordBuilder::nanos(500);
    });
    REQUIRE(seen != run.views.end());
    const auto until_missed = [&](int ms) {
      RunRecord missed = run;
      View& before = missed.views[static_cast<std::size_t>(seen - run.views.begin())];
      View after = before;
      View unanswered;
      unanswered.node = 1;
      unanswered.reachable = false;
      before.end = RecordBuilder::nanos(200);
      unanswered.begin = unanswered.end = RecordBuilder::nanos(300);
      after.begin = RecordBuilder::nanos(ms);
      missed.views.push_back(unanswered);
      missed.views.push_back(after);
      std::ranges::stable_sort(missed.views, {}, &View::begin);
      return check_failure_reports(missed, {});
    };
    CHECK(has(until_missed(400), "failed-without-majority"));
    // As long as this: a reason, but nobody knows where it came from.
    const CheckResult silent = until_missed(1'000);
    CHECK_FALSE(has(silent, "failed-without-majority"));
    CHECK(silent.valid == Validity::kUnknown);
  }
  SECTION("bad: the link to one master is cut, and that one alone suspects") {
    FaultRecord cut;
    cut.fault = "cut-link";
    cut.nodes = {1, 2};
    Effect effect;
    effect.kind = EffectKind::kCut;
    effect.links = {{"n2", "n3"}, {"n3", "n2"}};
    cut.effects = {effect};
    cut.requested = cut.active = RecordBuilder::nanos(200);
    cut.heal_requested = cut.healed = RecordBuilder::nanos(3'000);
    cut.heals = true;
    run.faults.insert(run.faults.begin(), cut);
    add_line(run, 3, 2'500, "Marking node " + id(2) + " as failing (quorum reached).");
    CHECK(has(check_failure_reports(run, {}), "failed-without-majority"));
  }
  SECTION("good: one of the two that were cut off was a master, and has no slots any more") {
    FaultRecord cut;
    cut.fault = "cut-link";
    Effect effect;
    effect.kind = EffectKind::kCut;
    effect.links = {{"n2", "n3"}, {"n3", "n2"}, {"n2", "n6"}, {"n6", "n2"}};
    cut.effects = {effect};
    cut.requested = cut.active = RecordBuilder::nanos(200);
    cut.heal_requested = cut.healed = RecordBuilder::nanos(3'000);
    cut.heals = true;
    run.faults.insert(run.faults.begin(), cut);
    add_line(run, 3, 2'500, "Marking node " + id(2) + " as failing (quorum reached).");
    REQUIRE(has(check_failure_reports(run, {}), "failed-without-majority"));
    for (View& view : run.views)
      if (view.node == 2)
        for (TopologyNode& node : view.topology.nodes)
          if (node.id == id(6)) node.flags = kFlagMaster;
    CHECK_FALSE(has(check_failure_reports(run, {}), "failed-without-majority"));
  }
  SECTION("good: the one that declares it was promoted since the last look at it") {
    RecordBuilder b;
    for (int master = 2; master <= 3; ++master) b.reset(master);
    b.observe_until(10'000);
    b.fault("kill", 1, 10'000, 10'010);
    b.crash(1);
    b.observe_until(13'000);
    b.log(4, "Marking node " + id(1) + " as failing (quorum reached).", 12'999);
    const bool promoted = GENERATE(true, false);
    if (promoted) b.promote(4, 7);
    b.observe_until(16'000);
    RunRecord one = b.finish();
    for (View& view : one.views)
      for (TopologyNode& node : view.topology.nodes)
        if (node.id != id(1) && node.slots.empty()) node.flags = kFlagReplica | (node.flags & kFlagMyself);
    CHECK(has(check_failure_reports(one, {}), "failed-without-majority") != promoted);
  }
  SECTION("nothing was harvested: unknown") {
    run.logs.clear();
    CHECK(check_failure_reports(run, {}).valid == Validity::kUnknown);
  }
}

TEST_CASE("votes that came after the election was won do not count for it") {
  RunRecord run = healthy();
  int moved = 0;
  for (LogLine& line : run.logs)
    if (line.text.starts_with("Failover auth granted") && moved++ == 0) line.time += 20 * kMillisecond;
  REQUIRE(moved == 2);
  CHECK(has(check_votes(run, {}), "won-without-majority"));
  FaultRecord clock;
  clock.effects.emplace_back().kind = EffectKind::kClock;
  clock.requested = clock.active = 0;
  run.faults.push_back(clock);
  CHECK_FALSE(has(check_votes(run, {}), "won-without-majority"));
}

TEST_CASE("anomalies say which promise they break") {
  Plan plan;
  plan.promise = "the better replica wins (row 2)";
  CHECK(promise_of("won-without-majority", plan) == "row 9");
  CHECK(promise_of("expectation:s3", plan) == plan.promise);
  CHECK(promise_of("nothing-known", plan).empty());
}

TEST_CASE("failure-reports: nobody is suspected before a node timeout is over") {
  RunRecord run = healthy();
  run.info.config.node_timeout_ms = 1'500;
  const auto suspected_at = [&](int ms) {
    RunRecord early = run;
    const Nanos time = RecordBuilder::nanos(ms);
    const auto seen = std::ranges::find_if(early.views, [&](const View& view) {
      return view.node == 1 && view.begin < time && time < view.end;
    });
    REQUIRE(seen != early.views.end());
    View view = *seen;
    seen->end = time - kMillisecond;
    view.begin = view.end = time;
    for (TopologyNode& node : view.topology.nodes)
      if (node.id == id(1)) node.flags |= kFlagPfail;
    early.views.push_back(view);
    std::ranges::stable_sort(early.views, {}, &View::begin);
    return early;
  };
  const CheckResult sound = check_failure_reports(run, {});
  CHECK_FALSE(has(sound, "suspected-too-early"));
  CHECK(measured(sound, "suspicions_timed") > 0);
  CHECK(has(check_failure_reports(suspected_at(10'600), {}), "suspected-too-early"));
  CHECK_FALSE(has(check_failure_reports(suspected_at(11'550), {}), "suspected-too-early"));
  RunRecord stepped = suspected_at(10'600);
  Effect clock;
  clock.kind = EffectKind::kClock;
  stepped.faults.front().effects.push_back(clock);
  CHECK_FALSE(has(check_failure_reports(stepped, {}), "suspected-too-early"));
}

TEST_CASE("votes: nobody votes for a candidate with an old idea of its master") {
  RunRecord run = healthy();
  CHECK_FALSE(has(check_votes(run, {}), "voted-for-stale-claim"));
  for (View& view : run.views)
    if (view.node == 1)
      for (TopologyNode& node : view.topology.nodes)
        if (node.id == id(1)) node.config_epoch = 5;
  CHECK(has(check_votes(run, {}), "voted-for-stale-claim"));
}

TEST_CASE("failure-reports: a failed master that has its slots still is taken back after two node timeouts") {
  RunRecord run = healthy();
  run.info.config.node_timeout_ms = 1'500;
  const auto [marked, cleared] = GENERATE_COPY(table<std::string, std::string>(
      {{"Marking node " + id(1) + " as failing (quorum reached).",
        "Clear FAIL state for node " + id(1) + ":"},
       {"FAIL message received from " + id(3) + " (n3) about " + id(1) + " (n1)",
        "Clear FAIL state for node " + id(1) + " (n1):"}}));
  const auto cleared_at = [&](int ms, std::string_view why = kUnserved) {
    RunRecord early = run;
    add_line(early, 2, 11'700, marked);
    add_line(early, 2, ms, cleared + std::string(why));
    return early;
  };
  CHECK(has(check_failure_reports(cleared_at(13'500), {}), "fail-cleared-early"));
  CHECK(has(check_failure_reports(cleared_at(11'700), {}), "fail-cleared-early"));
  CHECK_FALSE(has(check_failure_reports(cleared_at(14'701), {}), "fail-cleared-early"));
  CHECK(measured(check_failure_reports(cleared_at(14'701), {}), "fails_cleared") == 1);
  CHECK_FALSE(has(check_failure_reports(cleared_at(11'800, " replica is reachable again."), {}),
                  "fail-cleared-early"));
  SECTION("good: the node timeout was smaller meanwhile") {
    RunRecord shorter = cleared_at(13'500);
    FaultRecord& fault = shorter.faults.emplace_back();
    Effect& effect = fault.effects.emplace_back();
    effect.kind = EffectKind::kConfig;
    effect.detail = "cluster-node-timeout 1000";
    fault.requested = fault.active = RecordBuilder::nanos(12'000);
    CHECK_FALSE(has(check_failure_reports(shorter, {}), "fail-cleared-early"));
  }
  SECTION("good: another process") {
    RunRecord restarted = cleared_at(13'500);
    for (LogLine& line : restarted.logs)
      if (line.text.starts_with("Clear FAIL")) line.pid += 1'000;
    CHECK_FALSE(has(check_failure_reports(restarted, {}), "fail-cleared-early"));
  }
  SECTION("good: its clock was changed") {
    RunRecord stepped = cleared_at(13'500);
    FaultRecord& fault = stepped.faults.emplace_back();
    Effect& effect = fault.effects.emplace_back();
    effect.kind = EffectKind::kClock;
    effect.nodes = {1};
    fault.requested = fault.active = 0;
    CHECK_FALSE(has(check_failure_reports(stepped, {}), "fail-cleared-early"));
  }
}
