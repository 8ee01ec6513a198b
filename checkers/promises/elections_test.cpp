// Elections: announced, delayed by rank, in a new epoch, and the quarantine of masters that come back.
#include "checkers/promises/elections.h"

#include <catch2/catch.hpp>

#include "checkers/promises/analysis.h"
#include "checkers/promises/findings_test.h"
#include "checkers/promises/record_builder_test.h"

using namespace harness;
using namespace harness::testing;

namespace {

std::string announcement(int delay, int rank, int offset) {
  return "Start of election delayed for " + std::to_string(delay) + " milliseconds (rank #" +
         std::to_string(rank) + ", offset " + std::to_string(offset) + ").";
}

/// n1 dies at 10 s; n4 and n5 replicate it, n5 some bytes behind. Each announces its election at 11.7 s.
struct TwoReplicas {
  RecordBuilder b;
  int delay = 800;
  int rank_of_n5 = 1;
  int asks_n5_at = 12'300;

  RunRecord finish() {
    b.offset_of = [](int node, double ms) {
      const auto sent = static_cast<std::int64_t>(ms < 10'000 ? ms : 10'000);
      return node == 5 ? sent - 400 : sent;
    };
    b.observe_until(10'000);
    b.fault("kill", 1, 10'000, 10'010);
    b.crash(1, 9);
    b.observe_until(13'000);
    b.log(4, announcement(delay, 0, 10'000), 11'700);
    b.log(5, announcement(delay, rank_of_n5, 9'600), 11'710);
    b.log(5, "Starting a failover election for epoch 7.", asks_n5_at);
    RunRecord run = b.finish();
    for (View& view : run.views)
      if (view.node == 4)
        for (TopologyNode& line : view.topology.nodes)
          if (line.is(kFlagMyself)) line.master_id = b.id(1);
    return run;
  }
};

/// It dies at 5 s, and begins anew half a second later.
void kill_and_restart(RecordBuilder& b, int node) {
  b.observe_until(5'000);
  b.crash(node, 9);
  b.observe_until(5'500);
  b.restart(node);
}

}  // namespace

TEST_CASE("elections: nothing was announced and no master came back") {
  RecordBuilder b;
  b.observe_until(5'000);
  CHECK(check_elections(b.finish(), {}).valid == Validity::kNotApplicable);
}

TEST_CASE("elections: a replica waits for its delay") {
  TwoReplicas scene;
  SECTION("good") {
    scene.asks_n5_at = 12'520;
    const CheckResult result = check_elections(scene.finish(), {});
    CHECK(result.valid == Validity::kValid);
    CHECK(measured(result, "delays_compared") == 2);
    // Only what was compared is named: no master came back.
    CHECK_THAT(result.explanation, Catch::StartsWith("2 announced elections were delayed") &&
                                       !Catch::Contains("restarted") && !Catch::Contains("minority"));
  }
  SECTION("bad: it announces none") {
    scene.delay = 0;
    CHECK(has(check_elections(scene.finish(), {}), "election-too-early"));
    RunRecord newer = scene.b.finish();
    newer.info.server.flavor = "valkey";
    newer.info.server.version = "9.1.2";  // the best-ranked replica need not wait
    CHECK_FALSE(has(check_elections(newer, {}), "election-too-early"));
  }
  SECTION("bad: it asks before the delay is over") {
    CHECK(has(check_elections(scene.finish(), {}), "election-too-early"));
  }
  SECTION("good: its rank rose, which takes a second off the delay") {
    scene.b.log(5, "Replica rank updated to #0, added -1000 milliseconds of delay.", 11'800);
    CHECK_FALSE(has(check_elections(scene.finish(), {}), "election-too-early"));
  }
  SECTION("good: somebody told it to") {
    scene.delay = 0;
    scene.b.log(4, "Manual failover user request accepted.", 11'600);
    scene.b.log(5, "Manual failover user request accepted.", 11'600);
    CHECK_FALSE(has(check_elections(scene.finish(), {}), "election-too-early"));
  }
}

TEST_CASE("elections: whoever has less of the stream lets the other go first") {
  TwoReplicas scene;
  SECTION("good: its rank says so") {
    const CheckResult result = check_elections(scene.finish(), {});
    CHECK_FALSE(has(result, "rank-ignored"));
    CHECK(measured(result, "ranks_compared") == 1);
  }
  SECTION("good: it learns of the other's offset meanwhile") {
    scene.rank_of_n5 = 0;
    scene.b.log(5, "Replica rank updated to #1, added 1000 milliseconds of delay.", 11'800);
    CHECK_FALSE(has(check_elections(scene.finish(), {}), "rank-ignored"));
  }
  SECTION("bad") {
    scene.rank_of_n5 = 0;
    CHECK(has(check_elections(scene.finish(), {}), "rank-ignored"));
  }
  SECTION("bad, though the other asks first") {
    scene.rank_of_n5 = 0;
    scene.asks_n5_at = 20'000;
    scene.b.log(4, "Starting a failover election for epoch 7.", 12'510);
    RunRecord run = scene.finish();
    std::erase_if(run.logs, [](const LogLine& line) { return line.time > 19 * kSecond; });
    CHECK(has(check_elections(run, {}), "rank-ignored"));
    Effect stream;  // of its master, not of the bus
    stream.kind = EffectKind::kCut;
    stream.links = {{"n1", "n5"}, {"n5", "n1"}};
    stream.traffic = Traffic::kClientPort;
    FaultRecord cut;
    cut.fault = "cut-link";
    cut.nodes = {0};
    cut.requested = cut.active = 8 * kSecond;
    cut.heals = true;
    cut.effects = {stream};
    run.faults.push_back(cut);
    CHECK(has(check_elections(run, {}), "rank-ignored"));
  }
  SECTION("too soon to have heard of the other's offset") {
    scene.rank_of_n5 = 0;
    scene.asks_n5_at = 11'900;
    CHECK_FALSE(has(check_elections(scene.finish(), {}), "rank-ignored"));
  }
  SECTION("the other was stopped") {
    scene.rank_of_n5 = 0;
    RunRecord run = scene.finish();
    FaultRecord pause;
    pause.fault = "pause";
    pause.nodes = {3};
    pause.requested = pause.active = 11'500 * kMillisecond;
    Effect stopped;
    stopped.kind = EffectKind::kStopped;
    stopped.nodes = {3};
    pause.effects = {stopped};
    run.faults.push_back(pause);
    CHECK_FALSE(has(check_elections(run, {}), "rank-ignored"));
  }
}

TEST_CASE("elections: the epoch is a new one") {
  TwoReplicas scene;
  RunRecord run = scene.finish();
  CHECK_FALSE(has(check_elections(run, {}), "election-in-old-epoch"));
  for (View& view : run.views)
    if (view.node == 4) view.cluster.current_epoch = 7;
  CHECK(has(check_elections(run, {}), "election-in-old-epoch"));
}

TEST_CASE("elections: a master that was restarted does not serve at once") {
  RecordBuilder b;
  kill_and_restart(b, 1);
  b.observe_until(9'000);
  RunRecord run = b.finish();
  const CheckResult result = check_elections(run, {});
  CHECK(result.valid == Validity::kValid);
  CHECK(measured(result, "restarted_masters") > 0);
  for (View& view : run.views) view.cluster.state_ok = true;
  CHECK(has(check_elections(run, {}), "served-in-quarantine"));
}

TEST_CASE("elections: a replica that is promoted soon after its restart has no quarantine to keep") {
  RecordBuilder b;
  kill_and_restart(b, 4);
  b.observe_until(6'000);
  b.promote(4, 7);
  b.demote(1, 4);
  b.observe_until(9'000);
  RunRecord run = b.finish();
  // It serves at once, as a replica did before.
  for (View& view : run.views)
    if (view.node == 3) view.cluster.state_ok = true;
  CHECK_FALSE(has(check_elections(run, {}), "served-in-quarantine"));
  std::erase_if(run.views, [](const View& view) {
    return view.node == 3 && view.begin >= 5'500 * kMillisecond && view.begin < 6'000 * kMillisecond;
  });
  std::erase_if(run.logs, [](const LogLine& line) { return line.node == 3; });
  CHECK(has(check_elections(run, {}), "served-in-quarantine"));
}

TEST_CASE("elections: a quarantine that is cut short between two looks shows in the log") {
  RecordBuilder b;
  kill_and_restart(b, 1);
  b.observe_until(9'000);
  b.log(1, "Cluster state changed: ok", 5'650);
  RunRecord run = b.finish();
  run.logs.back().role = 'S';
  CHECK(check_elections(run, {}).valid == Validity::kValid);
  for (LogLine& line : run.logs) line.role = 'M';
  CHECK(has(check_elections(run, {}), "served-in-quarantine"));
  // The start was stamped late: what the process itself has logged counts.
  RunRecord late = run;
  LogLine first = late.logs.back();
  first.text = "Server initialized";
  first.time = 3'640 * kMillisecond;
  late.logs.insert(late.logs.begin(), first);
  CHECK(check_elections(late, {}).valid == Validity::kValid);
  for (LogLine& line : run.logs)
    if (line.time == 5'650 * kMillisecond) line.time = 7'600 * kMillisecond;
  CHECK(check_elections(run, {}).valid == Validity::kValid);
}

TEST_CASE("elections: a master that was in a minority waits before it is ok") {
  RecordBuilder b;
  b.observe_until(9'000);
  const auto logged = [&](int ms, auto change) {
    RecordBuilder copy = b;
    copy.log(1, "Cluster state changed: ok", ms);
    RunRecord run = copy.finish();
    run.info.config.node_timeout_ms = 2'000;
    for (LogLine& line : run.logs) line.role = 'M';
    // Up to 6 s n1 has the two other masters as failing, and says that the cluster is down.
    std::vector<View> views;
    for (const View& view : run.views) {
      views.push_back(view);
      if (view.node != 0) continue;
      View& before = views.back();
      before.end = 6 * kSecond;
      before.cluster.state_ok = false;
      for (TopologyNode& node : before.topology.nodes)
        if (node.is(kFlagMaster) && !node.is(kFlagMyself)) node.flags |= kFlagPfail;
      View after = view;
      after.begin = 6'100 * kMillisecond;
      views.push_back(after);
    }
    run.views = views;
    change(run);
    return has(check_elections(run, {}), "served-in-quarantine");
  };
  const auto as_is = [](RunRecord&) {};
  CHECK(logged(6'200, as_is));
  CHECK_FALSE(logged(8'100, as_is));
  SECTION("good: it had a majority") {
    CHECK_FALSE(logged(6'200, [](RunRecord& run) {
      for (View& view : run.views)
        for (TopologyNode& node : view.topology.nodes)
          if (node.id == run.nodes[1].id) node.flags &= ~kFlagPfail;
    }));
  }
  SECTION("good: it is a replica by then") {
    CHECK_FALSE(logged(6'200, [](RunRecord& run) {
      for (LogLine& line : run.logs) line.role = 'S';
    }));
  }
  SECTION("not known: it may have stood still") {
    CHECK_FALSE(logged(6'200, [](RunRecord& run) {
      FaultRecord fault;
      fault.requested = fault.active = 5 * kSecond;
      fault.heals = true;
      fault.heal_requested = fault.healed = 6 * kSecond;
      fault.nodes = {0};
      fault.effects.resize(1);
      fault.effects.front().kind = EffectKind::kStopped;
      fault.effects.front().nodes = {0};
      run.faults.push_back(fault);
    }));
  }
}

TEST_CASE("elections: who announced one asks for votes when its turn has come, and once") {
  TwoReplicas scene;
  scene.delay = 500;  // of n5 as well: from 11.71 s, so at 12.21 s
  SECTION("good") {
    const CheckResult result = check_elections(scene.finish(), {});
    CHECK_FALSE(has(result, "election-too-late"));
    CHECK_FALSE(has(result, "election-asked-again"));
  }
  SECTION("bad: it asks seconds later") {
    scene.asks_n5_at = 15'000;
    CHECK(has(check_elections(scene.finish(), {}), "election-too-late"));
  }
  SECTION("good: it found others to be better meanwhile") {
    scene.asks_n5_at = 14'500;
    scene.b.log(5, "Replica rank updated to #3, added 2000 milliseconds of delay.", 11'800);
    CHECK_FALSE(has(check_elections(scene.finish(), {}), "election-too-late"));
  }
  SECTION("good: what it asks about is the failure of the heir") {
    scene.asks_n5_at = 15'000;
    scene.b.log(5, "FAIL message received from x about y", 14'800);
    CHECK_FALSE(has(check_elections(scene.finish(), {}), "election-too-late"));
  }
  SECTION("good: it had another reason to wait") {
    scene.asks_n5_at = 15'000;
    scene.b.log(5, "Currently unable to failover: Disconnected from master for longer than allowed.", 11'800);
    CHECK_FALSE(has(check_elections(scene.finish(), {}), "election-too-late"));
  }
  SECTION("bad: it asks again") {
    scene.b.log(5, "Starting a failover election for epoch 8.", 12'450);
    CHECK(has(check_elections(scene.finish(), {}), "election-asked-again"));
  }
  SECTION("good: it announced another one") {
    scene.b.log(5, announcement(500, 0, 9'600), 20'000);
    scene.b.log(5, "Starting a failover election for epoch 8.", 20'550);
    CHECK_FALSE(has(check_elections(scene.finish(), {}), "election-asked-again"));
  }
}
