// Streams of replication: forked at a promotion, gone on with where that is lawful, links that are told.
#include "checkers/promises/replication.h"

#include <catch2/catch.hpp>

#include "checkers/promises/analysis.h"
#include "checkers/promises/findings_test.h"
#include "checkers/promises/record_builder_test.h"

using namespace harness;
using namespace harness::testing;

namespace {

const std::string kStream(40, 'b');
const std::string kForkedStream(40, 'c');

/// n4 has forked from n1's stream at offset 5000; n1 asks it to go on from `offset` of that stream.
RunRecord resync(int offset, const std::string& id = kStream) {
  FailoverRun scene;
  scene.b.log(4,
              "Setting secondary replication ID to " + kStream +
                  ", valid up to offset: 5000. New replication ID is " + kForkedStream,
              12'400);
  const std::string from = std::to_string(offset);
  scene.b.log(1, "Trying a partial resynchronization (request " + id + ":" + from + ").", 16'400);
  scene.b.log(4,
              "Partial resynchronization request from 10.77.0.1:6379 accepted. Sending 20 bytes of backlog "
              "starting from offset " +
                  from + ".",
              16'401);
  scene.b.log(1, "Successful partial resynchronization with master.", 16'402);
  return scene.finish();
}

}  // namespace

TEST_CASE("replication: a healthy failover") {
  const RunRecord run = FailoverRun().finish();
  const CheckResult result = check_replication(run, {});
  INFO(result.explanation);
  CHECK(result.valid == Validity::kValid);
}

TEST_CASE("replication: nobody replicates") {
  RunRecord run = FailoverRun().finish();
  for (View& view : run.views) view.replication.is_master = true;
  CHECK(check_replication(run, {}).valid == Validity::kNotApplicable);
}

TEST_CASE("replication: a promoted replica goes on under its master's id") {
  RunRecord run = FailoverRun().finish();
  std::string old;
  for (View& view : run.views) {
    if (view.node != 3) continue;
    if (!view.replication.is_master) old = view.replication.replication_id;
    view.replication.replication_id = old;
  }
  CHECK(has(check_replication(run, {}), "replication-id-kept"));
}

TEST_CASE("replication: a partial resync from beyond the fork") {
  CHECK(check_replication(resync(5000), {}).valid == Validity::kValid);
  CHECK(has(check_replication(resync(5001), {}), "resync-beyond-fork"));
  CHECK(check_replication(resync(9000, kForkedStream), {}).valid == Validity::kValid);
  RunRecord refused = resync(5001);
  std::erase_if(refused.logs,
                [](const LogLine& line) { return line.text.starts_with("Successful partial"); });
  CHECK(check_replication(refused, {}).valid == Validity::kValid);
}

TEST_CASE("replication: a stream that the granting master never had") {
  FailoverRun scene;
  // n5, told to follow n3, asks it for the stream of n2.
  scene.b.log(3, "Full resync from master: " + kForkedStream + ":0", 100);
  scene.b.log(5, "Trying a partial resynchronization (request " + kStream + ":500).", 16'400);
  scene.b.log(3,
              "Partial resynchronization request from 10.77.0.5:6379 accepted. Sending 20 bytes of backlog "
              "starting from offset 500.",
              16'401);
  scene.b.log(5, "Successful partial resynchronization with master.", 16'402);
  RunRecord run = scene.finish();
  for (View& view : run.views) {
    if (view.node == 1) view.replication.replication_id = kStream;
    if (view.node == 2) view.replication.replication_id = kForkedStream;
  }
  const auto foreign = [&] { return has(check_replication(run, {}), "resync-of-foreign-stream"); };
  CHECK(foreign());
  SECTION("good: it had replicated that one") {
    LogLine line;
    line.node = 2;
    line.time = 5 * kSecond;
    line.text = "Master replication ID changed to " + kStream;
    run.logs.insert(run.logs.begin(), line);
    CHECK_FALSE(foreign());
  }
  SECTION("good: it was seen with that one") {
    for (OffsetSample& sample : run.offsets)
      if (sample.node == 2) sample.replication_id = kStream;
    CHECK_FALSE(foreign());
  }
  SECTION("not known: its log does not tell its ids") {
    std::erase_if(run.logs, [](const LogLine& line) { return line.text.starts_with("Full resync"); });
    CHECK_FALSE(foreign());
  }
  SECTION("not known: whose the stream was") {
    for (View& view : run.views)
      if (view.node == 1) view.replication.replication_id = "another";
    CHECK_FALSE(foreign());
  }
}

TEST_CASE("replication: the link to a master that has ended") {
  RunRecord run = FailoverRun().finish();
  const auto n4 = [](View& view) { return view.node == 3 && view.reachable && !view.replication.is_master; };
  for (View& view : run.views)
    if (n4(view)) {
      view.replication.master_ip = run.nodes[0].ip;
      view.replication.master_port = run.nodes[0].port;
    }
  CHECK(check_replication(run, {}).valid == Validity::kValid);
  for (View& view : run.views)
    if (n4(view)) view.replication.link_up = true;
  CHECK(has(check_replication(run, {}), "lost-link-told-up"));
  Effect cut;
  cut.kind = EffectKind::kCut;
  run.faults.front().effects.push_back(cut);
  CHECK_FALSE(has(check_replication(run, {}), "lost-link-told-up"));
}

TEST_CASE("replication: a replica acknowledges no more than there is") {
  RunRecord run = FailoverRun().finish();
  View& view = *std::ranges::find_if(run.views, [](const View& each) { return each.replication.is_master; });
  const auto has_acknowledged = [&](const std::string& state, std::int64_t beyond) {
    view.replication.replicas = {{"10.77.0.4", 6379, state, view.replication.offset + beyond}};
    return has(check_replication(run, {}), "acknowledged-beyond-stream");
  };
  CHECK_FALSE(has_acknowledged("online", 0));
  CHECK(has_acknowledged("online", 1));
  CHECK_FALSE(has_acknowledged("wait_bgsave", 1));  // it is not synchronized yet
}

TEST_CASE("replication: a promoted replica goes on with the stream that it had replicated") {
  RunRecord run = FailoverRun().finish();
  const std::string first = run.views.front().replication.replication_id;
  std::int64_t had = 0;  // of n4, before n1 is lost
  for (View& view : run.views)
    if (view.replication.replication_id == first) view.replication.replication_id = kStream;
  for (OffsetSample& sample : run.offsets) {
    if (sample.replication_id == first) sample.replication_id = kStream;
    if (sample.node == 3 && !sample.is_master) had = sample.offset;
  }
  const auto refused = [&](std::int64_t asked, int node) {
    LogLine line;
    line.node = 1;
    line.time = 13'000 * kMillisecond;
    line.text = "Trying a partial resynchronization (request " + kStream + ":" + std::to_string(asked) + ").";
    run.logs.push_back(line);
    line.node = node;
    line.text = "Partial resynchronization not accepted: Replication ID mismatch (Replica asked for '" +
                kStream + "', my replication IDs are '" + kForkedStream + "' and '" + std::string(40, '0') +
                "')";
    run.logs.push_back(line);
    return has(check_replication(run, {}), "resync-refused");
  };
  SECTION("bad: it calls the stream a stranger's") {
    CHECK(refused(had + 1, 3));
  }
  SECTION("good: the other one has more of it") {
    CHECK_FALSE(refused(had + 2, 3));
  }
  SECTION("good: a master that never replicated it") {
    CHECK_FALSE(refused(had + 1, 2));
  }
}

TEST_CASE("replication: a master shows what its replica has acknowledged long ago") {
  RunRecord run = FailoverRun().finish();
  const auto shown = [&](std::int64_t behind) {
    for (View& view : run.views) {
      if (view.node != 1 || view.begin < 8'000 * kMillisecond || view.begin > 9'500 * kMillisecond) continue;
      view.replication.replicas = {{"10.77.0.5", 6379, "online", view.replication.offset - behind}};
    }
    return has(check_replication(run, {}), "acknowledged-too-little");
  };
  View again = *std::ranges::find_if(run.views, [](const View& view) { return view.node == 1; });
  again.begin = again.end = 9'000 * kMillisecond;
  again.replication.offset = 90'000;
  run.views.push_back(again);
  SECTION("good: as of a second ago") {
    CHECK_FALSE(shown(10'000));
  }
  SECTION("bad: of what it had four seconds before") {
    CHECK(shown(60'000));
  }
  SECTION("good: nothing yet, on a new connection") {
    CHECK_FALSE(shown(90'000));
  }
}
