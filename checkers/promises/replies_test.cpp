// Error replies that are true, and ones that contradict the record.
#include "checkers/promises/replies.h"

#include <catch2/catch.hpp>

#include "checkers/promises/analysis.h"
#include "checkers/promises/record_builder_test.h"

using namespace harness;
using namespace harness::testing;

namespace {

/// A record of a quiet cluster in which n1 answered the command with this error, at 10 s.
RunRecord answered(std::vector<std::string> words, std::string reply) {
  RecordBuilder b;
  b.observe_until(20'000);
  b.end(18'000, 19'000, 20'000);
  RunRecord run = b.finish();
  CommandRecord command;
  command.step = "c";
  command.node = 0;
  command.words = std::move(words);
  command.time = command.replied = 10 * kSecond;
  command.answered = command.refused = true;
  command.reply = std::move(reply);
  run.commands = {command};
  return run;
}

std::string type_of(const RunRecord& run) {
  const CheckResult result = check_replies(run, {});
  if (result.anomalies.empty()) return result.valid == Validity::kValid ? "valid" : "other";
  CHECK(result.valid == Validity::kInvalid);
  return result.anomalies[0].type;
}

std::string moved(const std::string& key, const std::string& address) {
  return "MOVED " + std::to_string(slot_of(key)) + " " + address;
}

}  // namespace

TEST_CASE("errors that may be are valid, and no error at all is not judged") {
  RecordBuilder b;
  b.observe_until(3'000);
  b.end(1'000, 2'000, 3'000);
  CHECK(check_replies(b.finish(), {}).valid == Validity::kNotApplicable);
  CHECK(type_of(answered({"GET", "k"}, moved("k", "10.77.0.2:6379"))) == "valid");
  CHECK(type_of(answered({"GET", "k"}, moved("k", ":6379"))) == "valid");
  CHECK(type_of(answered({"GET", "k"}, moved("k", "host.example:6379"))) == "valid");
  CHECK(type_of(answered({"MGET", "a", "b"}, "CROSSSLOT Keys in request don't hash to the same slot")) ==
        "valid");
  CHECK(type_of(answered({"FOO", "a"}, "CROSSSLOT Keys")) == "valid");
  CHECK(type_of(answered({"GET", "k"}, "ERR whatever")) == "valid");
}

TEST_CASE("redirections to nowhere, to the node itself, and by another slot are violations") {
  CHECK(type_of(answered({"GET", "k"}, moved("k", "10.9.9.9:6379"))) == "redirected-to-nowhere");
  CHECK(type_of(answered({"GET", "k"}, "ASK " + moved("k", "10.77.0.2:7000").substr(6))) ==
        "redirected-to-nowhere");
  CHECK(type_of(answered({"GET", "k"}, moved("k", "10.77.0.1:6379"))) == "redirected-to-itself");
  CHECK(type_of(answered({"SET", "k", "v"}, moved("other", "10.77.0.2:6379"))) == "redirected-by-wrong-slot");
}

TEST_CASE("CROSSSLOT for keys of one slot is a violation") {
  CHECK(type_of(answered({"mget", "{a}1", "{a}2"}, "CROSSSLOT Keys")) == "crossslot-of-one-slot");
  CHECK(type_of(answered({"MSET", "{a}1", "x", "{a}2", "y"}, "CROSSSLOT Keys")) == "crossslot-of-one-slot");
}

TEST_CASE("CLUSTERDOWN and READONLY contradict a node that was ok and a master all the while") {
  RunRecord down = answered({"GET", "k"}, "CLUSTERDOWN The cluster is down");
  CHECK(type_of(down) == "clusterdown-while-ok");
  for (View& view : down.views) view.cluster.state_ok = false;
  CHECK(type_of(down) == "valid");
  RunRecord gap = answered({"GET", "k"}, "CLUSTERDOWN Hash slot not served");
  CHECK(type_of(gap) == "clusterdown-while-ok");
  for (View& view : gap.views)  // a slot is nobody's, and full coverage is not required
    for (TopologyNode& node : view.topology.nodes)
      if (!node.slots.empty()) ++node.slots.front().first;
  CHECK(type_of(gap) == "valid");
  CHECK(type_of(answered({"SET", "k", "v"}, "READONLY You can't write against a read only replica.")) ==
        "readonly-master");
}

TEST_CASE("a redirection to a node that redirects again is a violation where nothing had happened") {
  RecordBuilder b;
  b.observe_until(20'000);
  b.read(0, key_of(0), std::nullopt, {10'000, 10'001}, 2);
  b.end(18'000, 19'000, 20'000);
  RunRecord run = b.finish();
  run.counters.host_stall_max = 0;
  run.history.operations[0].outcome = Outcome::kFail;
  run.history.operations[0].error = run.history.errors.intern("redirected-again");
  CHECK(type_of(run) == "redirected-elsewhere");
  FaultRecord fault;
  fault.fault = "some-fault";
  fault.nodes = {2};
  fault.requested = fault.active = 8 * kSecond;
  run.faults = {fault};
  CHECK(type_of(run) == "valid");
}

TEST_CASE("a key that nobody serves in the end, since one node names the other, is a violation") {
  RecordBuilder b;
  b.observe_until(20'000);
  for (int ms = 13'000; ms <= 19'000; ms += 1'000)
    b.read(0, key_of(0), std::nullopt, {ms + 0.0, ms + 100.0}, 2);
  b.end(11'000, 12'000, 20'000);
  RunRecord run = b.finish();
  for (Operation& op : run.history.operations) {
    op.outcome = Outcome::kFail;
    op.error = run.history.errors.intern("redirected-in-circles");
  }
  CHECK(type_of(run) == "redirected-in-circles");
  SECTION("good: in the end somebody answered") {
    run.history.operations.back().outcome = Outcome::kOk;
    run.history.operations.back().error = kNoError;
    CHECK(type_of(run) == "valid");
  }
  SECTION("not judged: nobody waited long enough") {
    run.history.operations.resize(3);
    CHECK(type_of(run) == "valid");
  }
  SECTION("not judged: a command of the plan opened a slot") {
    CommandRecord command;
    command.words = {"CLUSTER", "SETSLOT", "1", "MIGRATING", "x"};
    run.commands = {command};
    CHECK(type_of(run) == "valid");
  }
}

TEST_CASE("a look that was sent before an answer says nothing of what is true after it") {
  RunRecord down = answered({"GET", "k"}, "CLUSTERDOWN The cluster is down");
  down.commands.front().time = down.commands.front().replied = 10 * kSecond + kMillisecond / 2;
  std::erase_if(down.offsets, [](const OffsetSample& sample) {
    return sample.node == 0 && sample.time > 10 * kSecond + kMillisecond;
  });
  // The last look that shows it as ok came in just after the answer; the next shows another state.
  for (View& view : down.views)
    if (view.node == 0) view.end = 10 * kSecond + kMillisecond;
  CHECK(type_of(down) == "valid");
  for (View& view : down.views)
    if (view.node == 0) view.end = 10 * kSecond + 100 * kMillisecond;
  down.offsets.push_back({10 * kSecond + kMillisecond, 0, true, 1, ""});
  CHECK(type_of(down) == "clusterdown-while-ok");
}

TEST_CASE("about a fault nothing is concluded from a state") {
  RunRecord down = answered({"GET", "k"}, "CLUSTERDOWN The cluster is down");
  FaultRecord fault;
  fault.fault = "some-fault";
  fault.heals = true;
  fault.nodes = {2};
  fault.requested = fault.active = 8 * kSecond;
  fault.healed = 9 * kSecond;
  down.faults = {fault};
  CHECK(type_of(down) == "valid");
}

TEST_CASE("a node that calls the cluster down serves no key") {
  RecordBuilder b;
  b.observe_until(8'000);
  b.end(6'000, 7'000, 8'000);
  b.read(3, key_of(0), std::nullopt, {3'000, 3'001}, 1);
  RunRecord run = b.finish();
  CHECK_FALSE(type_of(run) == "served-while-down");
  for (View& view : run.views)
    if (view.node == 0) view.cluster.state_ok = false;
  CHECK(type_of(run) == "served-while-down");
  SECTION("another node answered") {
    for (View& view : run.views) view.cluster.state_ok = view.node != 1;
    CHECK_FALSE(type_of(run) == "served-while-down");
  }
  SECTION("reads may pass") {
    run.plan.cluster.directives["cluster-allow-reads-when-down"] = "yes";
    CHECK_FALSE(type_of(run) == "served-while-down");
  }
  SECTION("bad: the setting is there, and says no") {
    run.plan.cluster.directives["cluster-allow-reads-when-down"] = "no";
    CHECK(type_of(run) == "served-while-down");
  }
  SECTION("bad: reads may pass, and this is a write") {
    run.plan.cluster.directives["cluster-allow-reads-when-down"] = "yes";
    run.history.operations[0].function = Function::kWrite;
    CHECK(type_of(run) == "served-while-down");
  }
  SECTION("bad: of this node alone the setting says no") {
    run.plan.cluster.directives["cluster-allow-reads-when-down"] = "yes";
    run.plan.cluster.nodes["n1"].directives["cluster-allow-reads-when-down"] = "no";
    CHECK(type_of(run) == "served-while-down");
  }
  SECTION("it was down in passing") {
    for (View& view : run.views)
      if (view.node == 0) view.begin = view.end = 3 * kSecond;
    CHECK_FALSE(type_of(run) == "served-while-down");
  }
}
