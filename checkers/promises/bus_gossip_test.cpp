// What nodes tell of each other on the bus, and what they list themselves.
#include "checkers/promises/bus_gossip.h"

#include <catch2/catch.hpp>

#include "checkers/promises/findings_test.h"
#include "checkers/promises/record_builder_test.h"

using namespace harness;
using namespace harness::testing;

namespace {

/// A quiet cluster whose bus was read; n2 speaks to n3 of n1.
struct Gossip {
  RunRecord run;

  Gossip() {
    RecordBuilder b;
    b.observe_until(12'000);
    b.end(10'000, 11'000, 12'000);
    run = b.finish();
    run.counters.host_stall_max = 0;
    run.bus.open = true;
    run.bus.opening.port = 16379;
    for (const NodeInfo& node : run.nodes) run.bus.opening.hosts.push_back(node.name);
    run.bus.counts[{"n2", "n3"}].sent[0] = 1;
  }
  void tell(int ms, std::uint16_t flags) {
    BusSighting seen;
    seen.time = ms * kMillisecond;
    seen.link = {"n2", "n3"};
    seen.message.type = BusType::kPing;
    seen.message.sender = run.nodes[1].id;
    seen.message.gossip = {{run.nodes[0].id, flags}};
    run.bus.messages.push_back(seen);
  }
  bool untrue() const {
    CheckResult result;
    result.valid = Validity::kValid;
    check_bus_gossip(Analysis(run), result);
    return has(result, "gossiped-otherwise");
  }
};

constexpr std::uint16_t kDoubt = bus_flag::kMaster | bus_flag::kPfail;

}  // namespace

TEST_CASE("who tells others again and again that a node fails lists it so itself") {
  Gossip gossip;
  SECTION("bad: it lists the node as well all the time") {
    for (int ms = 3'000; ms < 7'000; ms += 500) gossip.tell(ms, kDoubt);
    CHECK(gossip.untrue());
  }
  SECTION("good: it lists the node as suspected, too") {
    for (int ms = 3'000; ms < 7'000; ms += 500) gossip.tell(ms, kDoubt);
    for (View& view : gossip.run.views)
      if (view.node == 1)
        for (TopologyNode& node : view.topology.nodes)
          if (node.id == gossip.run.nodes[0].id) node.flags |= kFlagPfail;
    CHECK_FALSE(gossip.untrue());
  }
  SECTION("good: it tells that the node is well") {
    for (int ms = 3'000; ms < 7'000; ms += 500) gossip.tell(ms, bus_flag::kMaster);
    CHECK_FALSE(gossip.untrue());
  }
  SECTION("not told: a suspicion may come and go between two looks") {
    for (int ms = 3'000; ms < 3'200; ms += 20) gossip.tell(ms, kDoubt);
    CHECK_FALSE(gossip.untrue());
  }
  SECTION("not judged: something had happened") {
    for (int ms = 3'000; ms < 7'000; ms += 500) gossip.tell(ms, kDoubt);
    FaultRecord fault;
    fault.nodes = {4};
    fault.requested = fault.active = 2 * kSecond;
    fault.heals = true;
    fault.healed = 7 * kSecond;
    gossip.run.faults = {fault};
    CHECK_FALSE(gossip.untrue());
  }
  SECTION("not judged: not all of the bus was read") {
    for (int ms = 3'000; ms < 7'000; ms += 500) gossip.tell(ms, kDoubt);
    gossip.run.bus.counts[{"n2", "n3"}].unread_bytes = 1;
    CHECK_FALSE(gossip.untrue());
  }
}
