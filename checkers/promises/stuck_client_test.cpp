// Commands that name a timeout of their own: answered in time, stuck, and held back for a reason.
#include "checkers/promises/stuck_client.h"

#include <catch2/catch.hpp>

#include "checkers/promises/analysis.h"
#include "checkers/promises/record_builder_test.h"

using namespace harness;
using namespace harness::testing;
using Catch::Contains;

namespace {

/// A command to n1, sent at 1 s.
CommandRecord command(std::vector<std::string> words, double took_s, bool answered = true, double at_s = 1) {
  CommandRecord made;
  made.step = "c";
  made.node = 0;
  made.words = std::move(words);
  made.time = static_cast<Nanos>(at_s * kSecond);
  made.replied = made.time + static_cast<Nanos>(took_s * kSecond);
  made.answered = answered;
  made.reply = answered ? "(nil)" : "no answer in time";
  return made;
}

RunRecord run_of(std::vector<CommandRecord> commands, int until_ms = 40'000) {
  RecordBuilder b;
  b.observe_until(until_ms);
  b.end(until_ms - 2'000, until_ms - 1'000, until_ms);
  RunRecord run = b.finish();
  run.commands = std::move(commands);
  return run;
}

const std::vector<std::string> kPop = {"BZPOPMAX", "zset", "1"};

}  // namespace

TEST_CASE("a command with a timeout that is answered in time is valid, without one nothing is asked") {
  CHECK(check_stuck_client(run_of({}), {}).valid == Validity::kNotApplicable);
  CHECK(check_stuck_client(run_of({command({"GET", "k"}, 9)}), {}).valid == Validity::kNotApplicable);
  CHECK(check_stuck_client(run_of({command({"BLPOP", "k", "0"}, 30, false)}), {}).valid ==
        Validity::kNotApplicable);
  const CheckResult result = check_stuck_client(run_of({command(kPop, 1.1), command(kPop, 5.9)}), {});
  CHECK(result.valid == Validity::kValid);
  CHECK(result.operations == 2);
}

TEST_CASE("a client that waits for more than five seconds beyond its timeout is stuck") {
  for (const bool answered : {true, false}) {
    const CheckResult result = check_stuck_client(run_of({command(kPop, 9, answered)}), {});
    CHECK(result.valid == Validity::kInvalid);
    REQUIRE(result.anomalies.size() == 1);
    CHECK(result.anomalies[0].type == "stuck-client");
    CHECK(result.anomalies[0].node == "n1");
    CHECK_THAT(result.explanation, Contains("BZPOPMAX zset 1"));
  }
}

TEST_CASE("a pause of clients moves the instant from which a timeout counts") {
  const CommandRecord pause = command({"CLIENT", "PAUSE", "4000", "ALL"}, 0.001, true, 0.5);
  CHECK(check_stuck_client(run_of({pause, command(kPop, 9)}), {}).valid == Validity::kValid);
  const CheckResult stuck = check_stuck_client(run_of({pause, command(kPop, 31, false)}), {});
  CHECK(stuck.valid == Validity::kInvalid);
  CHECK_THAT(stuck.explanation, Contains("free to go on from 4.5"));
}

TEST_CASE("a client that gave up while its node was held back proves nothing") {
  const CommandRecord pause = command({"CLIENT", "PAUSE", "60000", "ALL"}, 0.001, true, 0.5);
  CHECK(check_stuck_client(run_of({pause, command(kPop, 31, false)}), {}).valid == Validity::kUnknown);
}

TEST_CASE("a fault on the node, and a long command before, excuse the wait") {
  const CommandRecord script = command({"EVAL", "while true do end", "0"}, 8, true, 0.5);
  CHECK(check_stuck_client(run_of({script, command(kPop, 9)}), {}).valid == Validity::kValid);
  RunRecord run = run_of({command(kPop, 9)});
  FaultRecord hang;
  hang.fault = "some-fault";
  hang.heals = true;
  hang.nodes = {0};
  Effect stopped;
  stopped.kind = EffectKind::kStopped;
  stopped.nodes = {0};
  hang.effects = {stopped};
  hang.requested = hang.active = kSecond;
  hang.healed = 6 * kSecond;
  run.faults = {hang};
  CHECK(check_stuck_client(run, {}).valid == Validity::kValid);
  run.faults[0].nodes = run.faults[0].effects[0].nodes = {1};
  CHECK(check_stuck_client(run, {}).valid == Validity::kInvalid);
}

TEST_CASE("a process that ended meanwhile is no stuck client") {
  RecordBuilder b;
  b.observe_until(3'000);
  b.crash(1);
  b.observe_until(20'000);
  b.end(18'000, 19'000, 20'000);
  RunRecord run = b.finish();
  run.commands = {command(kPop, 9, false)};
  CHECK(check_stuck_client(run, {}).valid == Validity::kValid);
}

TEST_CASE("a command that waits for nothing is answered by a node that answers everybody else") {
  const CheckResult stuck = check_stuck_client(run_of({command({"EXEC"}, 30, false)}), {});
  CHECK(stuck.valid == Validity::kInvalid);
  REQUIRE(stuck.anomalies.size() == 1);
  CHECK_THAT(stuck.explanation, Contains("never answered EXEC"));

  CHECK(check_stuck_client(run_of({command({"EXEC"}, 3, false)}), {}).violations == 0);  // given up too soon
  CHECK(check_stuck_client(run_of({command({"SHUTDOWN"}, 30, false)}), {}).violations == 0);
  CHECK(check_stuck_client(run_of({command({"BLPOP", "k", "0"}, 30, false)}), {}).violations == 0);
  const CommandRecord off = command({"client", "reply", "off"}, 30, false, 0.5);
  CHECK(check_stuck_client(run_of({off, command({"PING"}, 30, false)}), {}).violations == 0);
  const CommandRecord queued = command({"CLIENT", "REPLY", "OFF"}, 0.001, true, 0.5);  // in a transaction
  CommandRecord on = command({"CLIENT", "REPLY", "ON"}, 0.001, true, 0.6);
  CHECK(check_stuck_client(run_of({queued, on, command({"EXEC"}, 30, false)}), {}).violations == 1);
  on.time = kMillisecond;  // before they were switched off
  CHECK(check_stuck_client(run_of({on, queued, command({"EXEC"}, 30, false)}), {}).violations == 0);
  const CommandRecord pause = command({"CLIENT", "PAUSE", "20000"}, 0.001, true, 0.5);
  CHECK(check_stuck_client(run_of({pause, command({"EXEC"}, 30, false)}), {}).violations == 0);
}

TEST_CASE("a node that answers nobody has not forgotten one command") {
  RunRecord run = run_of({command({"EXEC"}, 30, false)});
  for (View& view : run.views)
    if (view.node == 0) view.reachable = false;
  CHECK(check_stuck_client(run, {}).violations == 0);
}

TEST_CASE("a replica redirects at once, also whom it had held back as a master that handed over") {
  RecordBuilder b;
  b.observe_until(2'000);
  const auto unanswered = [&](Span when, int node) {
    b.write(0, key_of(0), 5, when, node, Outcome::kFail);
    b.observe_until(8'000);
    b.end(6'000, 7'000, 8'000);
    RunRecord run = b.finish();
    run.counters.host_stall_max = 0;
    run.history.operations[0].outcome = Outcome::kInfo;
    run.history.operations[0].error = run.history.errors.intern("timeout");
    const CheckResult result = check_stuck_client(run, {});
    return !result.anomalies.empty() && result.anomalies[0].type == "unanswered-at-replica";
  };
  SECTION("bad: it has been a replica for almost as long as the client waited") {
    b.promote(4, 7);
    b.demote(1, 4);
    CHECK(unanswered({1'950, 3'000}, 1));
  }
  SECTION("good: it became one just before the client gave up") {
    b.promote(4, 7);
    b.demote(1, 4);
    CHECK_FALSE(unanswered({1'000, 2'400}, 1));
  }
  SECTION("good: it is a master, which may hold clients back") {
    CHECK_FALSE(unanswered({1'950, 3'000}, 1));
  }
  SECTION("not judged: it stood still shortly before") {
    b.promote(4, 7);
    b.demote(1, 4);
    b.fault("pause", 1, 1'000, 1'010, 1'900, 1'910);
    CHECK_FALSE(unanswered({1'950, 3'000}, 1));
  }
}
