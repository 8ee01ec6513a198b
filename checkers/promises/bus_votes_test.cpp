// Votes and failures by what passed on the cluster bus.
#include "checkers/promises/bus_votes.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "checkers/promises/record_builder_test.h"
#include "checkers/promises/votes.h"

using namespace harness;

namespace {

/// n1 crashed at 10 s; n2 and n3 suspect it, n2 says that it failed, n4 asks, both vote, n4 takes over.
class Bus {
 public:
  Bus() {
    run = testing::FailoverRun().finish();
    // Of those that found n1 failed n2 alone tells it here.
    std::erase_if(run.logs, [](const LogLine& line) {
      return line.node != 1 && line.text.starts_with("Marking node");
    });
    run.bus.open = true;
    run.bus.opening.port = 16379;
    for (const NodeInfo& node : run.nodes) run.bus.opening.hosts.push_back(node.name);
    run.bus.counts[{"n2", "n3"}].sent[0] = 1;
  }

  BusMessage& say(int ms, int from, int to, BusType type) {
    BusSighting seen;
    seen.time = ms * kMillisecond;
    seen.link = {"n" + std::to_string(from), "n" + std::to_string(to)};
    seen.message.type = type;
    seen.message.sender = run.nodes[static_cast<std::size_t>(from - 1)].id;
    seen.message.flags = from <= 3 ? bus_flag::kMaster : bus_flag::kReplica;
    seen.message.current_epoch = 7;
    seen.message.offset = 1'000'000;
    seen.message.config_epoch = static_cast<std::uint64_t>((from - 1) % 3 + 1);
    run.bus.messages.push_back(seen);
    return run.bus.messages.back().message;
  }
  void suspect(int ms, int from, int to) {
    say(ms, from, to, BusType::kPing).gossip = {{run.nodes[0].id, bus_flag::kMaster | bus_flag::kPfail}};
  }
  /// A fault of that effect from 9 s on.
  void disturb(const Effect& effect, int healed_ms) {
    FaultRecord fault;
    fault.requested = 9'000 * kMillisecond;
    fault.active = 9'010 * kMillisecond;
    fault.heals = true;
    fault.heal_requested = fault.healed = healed_ms * kMillisecond;
    fault.effects = {effect};
    run.faults.push_back(fault);
  }
  void fail(int ms, int from, int to) { say(ms, from, to, BusType::kFail).about = run.nodes[0].id; }
  void elect(bool with_both) {
    for (const int voter : {2, 3}) say(12'000, 4, voter, BusType::kAuthRequest);
    say(12'010, 2, 4, BusType::kAuthAck);
    if (with_both) say(12'011, 3, 4, BusType::kAuthAck);
    BusMessage& claim = say(12'020, 4, 2, BusType::kPong);
    claim.flags = bus_flag::kMaster;
    claim.config_epoch = 7;
  }
  bool finds(const std::string& type) const {
    const CheckResult result = check_votes(run, {});
    return std::ranges::any_of(result.anomalies,
                               [&](const Anomaly& anomaly) { return anomaly.type == type; });
  }

  RunRecord run;
};

}  // namespace

TEST_CASE("an election by the bus, as it should be") {
  Bus bus;
  bus.suspect(11'500, 3, 2);
  bus.fail(11'600, 2, 3);
  bus.elect(true);
  const CheckResult result = check_votes(bus.run, {});
  INFO(result.explanation);
  CHECK(result.valid == Validity::kValid);
  const auto measured = [&](std::string_view name) {
    const auto found =
        std::ranges::find(result.measured, name, [](const auto& entry) { return entry.first; });
    return found == result.measured.end() ? -1 : found->second;
  };
  CHECK(measured("bus_votes") == 2);
  CHECK(measured("bus_elections_won") == 1);
  CHECK(measured("bus_failures_told") == 1);
}

TEST_CASE("bad: an election that was won with one vote") {
  Bus bus;
  bus.elect(false);
  CHECK(bus.finds("won-without-majority-on-bus"));
  SECTION("nothing is said where the path has not seen all") {
    bus.run.bus.counts[{"n3", "n4"}].unread_bytes = 10;
    CHECK_FALSE(bus.finds("won-without-majority-on-bus"));
  }
  SECTION("nor where a node listens on another port") {
    bus.run.views.back().topology.nodes.back().bus_port = 7777;
    CHECK_FALSE(bus.finds("won-without-majority-on-bus"));
  }
  SECTION("nor where a fault doubled the vote, as TCP never does") {
    for (BusSighting& seen : bus.run.bus.messages)
      if (seen.message.type == BusType::kAuthAck) seen.fate = BusFate::kDuplicated;
    CHECK_FALSE(bus.finds("won-without-majority-on-bus"));
  }
}

TEST_CASE("bad: a vote that was dropped counts for nobody") {
  Bus bus;
  bus.elect(true);
  for (BusSighting& seen : bus.run.bus.messages)
    if (seen.link.from == "n3") seen.fate = BusFate::kDropped;
  CHECK(bus.finds("won-without-majority-on-bus"));
}

TEST_CASE("bad: two votes of one voter in one epoch") {
  Bus bus;
  bus.elect(true);
  CHECK_FALSE(bus.finds("voted-twice-on-bus"));
  bus.say(12'015, 2, 5, BusType::kAuthAck);
  CHECK(bus.finds("voted-twice-on-bus"));
}

TEST_CASE("bad: a vote that was not on the disk when it was sent") {
  Bus bus;
  bus.elect(true);
  const auto saved = [&](std::int64_t epoch) {
    for (BusSighting& seen : bus.run.bus.messages)
      if (seen.message.type == BusType::kAuthAck) seen.saved_vote = epoch;
  };
  CHECK_FALSE(bus.finds("vote-not-saved"));
  saved(7);
  CHECK_FALSE(bus.finds("vote-not-saved"));
  saved(6);
  CHECK(bus.finds("vote-not-saved"));
  SECTION("good: the disk took nothing, or the voter was reset") {
    Effect effect;
    effect.kind = GENERATE(EffectKind::kDisk, EffectKind::kMembership);
    effect.nodes = {1, 2};
    bus.disturb(effect, 13'000);
    bus.run.faults.back().nodes = {1, 2};
    CHECK_FALSE(bus.finds("vote-not-saved"));
  }
}

TEST_CASE("bad: a failure that nobody else had reported") {
  Bus bus;
  bus.fail(11'600, 2, 3);
  CHECK(bus.finds("failed-without-majority"));
  SECTION("a report of long ago does not count, one that was never taken back does") {
    bus.run.bus.messages.clear();
    bus.suspect(1'000, 3, 2);
    bus.say(1'100, 3, 2, BusType::kPing);
    bus.fail(11'600, 2, 3);
    CHECK(bus.finds("failed-without-majority"));
    bus.run.bus.messages[0].fate = BusFate::kDelayed;  // nobody knows until when
    CHECK_FALSE(bus.finds("failed-without-majority"));
    bus.run.bus.messages[0].fate = BusFate::kPassed;
    bus.run.bus.messages.erase(bus.run.bus.messages.begin() + 1);
    CHECK_FALSE(bus.finds("failed-without-majority"));
  }
}

TEST_CASE("a master that has just started is a majority by itself until it has counted the others") {
  Bus bus;
  bus.fail(11'600, 2, 3);
  const auto counts = [&](Nanos time) {
    RunRecord run = bus.run;
    View started = *std::ranges::find(run.views, 1, &View::node);
    started.begin = started.end = time;
    started.cluster.size = 0;
    run.views.push_back(started);
    std::ranges::stable_sort(run.views, {}, &View::begin);
    const CheckResult result = check_votes(run, {});
    return std::ranges::any_of(
        result.anomalies, [](const Anomaly& anomaly) { return anomaly.type == "failed-without-majority"; });
  };
  CHECK_FALSE(counts(11 * kSecond));
  CHECK(counts(3 * kSecond));
}

TEST_CASE("bad: a failure by a report that was taken back") {
  Bus bus;
  bus.suspect(10'500, 3, 2);
  bus.say(10'900, 3, 2, BusType::kPing).gossip = {{bus.run.nodes[0].id, bus_flag::kMaster}};
  SECTION("bad: it had surely heard of that") {
    bus.fail(11'600, 2, 3);
    CHECK(bus.finds("failed-without-majority"));
  }
  SECTION("good: perhaps it had not yet") {
    bus.fail(11'000, 2, 3);
    CHECK_FALSE(bus.finds("failed-without-majority"));
  }
  SECTION("good: the node was suspected again") {
    bus.suspect(11'100, 3, 2);
    bus.fail(11'600, 2, 3);
    CHECK_FALSE(bus.finds("failed-without-majority"));
  }
  SECTION("good: a replica said so, which takes back nothing") {
    bus.run.bus.messages.back().message.flags = bus_flag::kReplica;
    bus.fail(11'600, 2, 3);
    CHECK_FALSE(bus.finds("failed-without-majority"));
  }
  SECTION("not told: what arrives late") {
    Effect slow;
    slow.kind = EffectKind::kDegraded;
    bus.disturb(slow, 12'000);
    bus.fail(11'600, 2, 3);
    CHECK_FALSE(bus.finds("failed-without-majority"));
  }
}

TEST_CASE("bad: a failure that is told again without a reason, not one whose word waited behind a cut") {
  Bus bus;
  bus.suspect(11'500, 3, 2);
  bus.fail(11'600, 2, 3);
  bus.say(11'700, 3, 2, BusType::kPing).gossip = {{bus.run.nodes[0].id, bus_flag::kMaster}};
  bus.fail(14'000, 2, 1);
  CHECK(bus.finds("failed-without-majority"));
  Effect cut;
  cut.kind = EffectKind::kCut;
  cut.links = {{"n2", "n1"}};
  bus.disturb(cut, 13'000);
  CHECK_FALSE(bus.finds("failed-without-majority"));
  bus.run.faults.back().heal_requested = bus.run.faults.back().healed = 11'000 * kMillisecond;
  CHECK(bus.finds("failed-without-majority"));
}

TEST_CASE("a failure that is told early is judged where nobody had a doubt when the path was opened") {
  Bus bus;
  bus.run.bus.opening.time = 10'000 * kMillisecond;
  bus.fail(11'600, 2, 3);
  CHECK(bus.finds("failed-without-majority"));
  for (View& view : bus.run.views)
    if (view.node == 2)
      for (TopologyNode& line : view.topology.nodes)
        if (line.id == bus.run.nodes[0].id) line.flags |= kFlagPfail;
  CHECK_FALSE(bus.finds("failed-without-majority"));
}

TEST_CASE("bad: a claim before the second of the votes has arrived") {
  Bus bus;
  bus.elect(true);
  for (BusSighting& seen : bus.run.bus.messages)
    if (seen.link.from == "n3") seen.time = 12'030 * kMillisecond;
  std::ranges::stable_sort(bus.run.bus.messages, {}, &BusSighting::time);
  CHECK(bus.finds("won-without-majority-on-bus"));
}

TEST_CASE("a replica may tell of a failure, and counts no report but those of masters") {
  Bus bus;
  bus.suspect(11'500, 2, 5);
  bus.suspect(11'500, 3, 5);
  bus.fail(11'600, 5, 3);
  CHECK_FALSE(bus.finds("failed-without-majority"));
  SECTION("bad: one master and itself") {
    bus.run.bus.messages.erase(bus.run.bus.messages.begin());
    CHECK(bus.finds("failed-without-majority"));
  }
  SECTION("bad: one master and another replica") {
    bus.run.bus.messages[0].message.flags = bus_flag::kReplica;
    CHECK(bus.finds("failed-without-majority"));
  }
}

TEST_CASE("bad: a failure that a quorum found is told to nobody") {
  Bus bus;
  CHECK(bus.finds("failure-not-told"));
  bus.fail(11'700, 2, 3);
  CHECK_FALSE(bus.finds("failure-not-told"));
}

TEST_CASE("bad: a candidate that tells of less than it has") {
  Bus bus;
  bus.elect(true);
  CHECK_FALSE(bus.finds("offset-understated"));
  bus.run.bus.messages.front().message.offset = 0;
  CHECK(bus.finds("offset-understated"));
  SECTION("good: its stream went on after it had begun to ask") {
    LogLine asked;
    asked.time = bus.run.bus.messages.front().time - 150 * kMillisecond;
    asked.node = bus.run.node_by_id(bus.run.bus.messages.front().message.sender);
    asked.text = "Starting a failover election for epoch 7.";
    bus.run.logs.push_back(asked);
    std::erase_if(bus.run.offsets, [&](const OffsetSample& sample) {
      return sample.node == asked.node && sample.time < asked.time - kMillisecond;
    });
    CHECK_FALSE(bus.finds("offset-understated"));
    // Where its log does not say when, it may have been half a second before.
    std::erase_if(bus.run.logs, [](const LogLine& line) { return line.text.starts_with("Starting"); });
    CHECK_FALSE(bus.finds("offset-understated"));
  }
  // One that gives up what it has for a whole copy of its master says so.
  LogLine line;
  line.time = bus.run.bus.messages.front().time - 100 * kMillisecond;
  line.node = bus.run.node_by_id(bus.run.bus.messages.front().message.sender);
  line.text = "Full resync from master: 0123456789abcdef0123456789abcdef01234567:1234";
  bus.run.logs.push_back(line);
  CHECK_FALSE(bus.finds("offset-understated"));
}
