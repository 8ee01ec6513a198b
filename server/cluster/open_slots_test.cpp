// Migrations of slots across failovers at either end.
#include <catch2/catch.hpp>

#include "server/cluster/fixture.h"

using namespace node;
using namespace node::cluster;
using namespace node::cluster::test;

namespace {

/// Myself is 'r', a replica of 'm' (slots 0-5460).
std::string as_replica() {
  std::string conf = three_masters();
  conf.replace(conf.find("myself,master"), 13, "master");
  conf.replace(conf.find("slave " + text('m')), 5, "myself,slave");
  return conf;
}

std::string open_slot(int slot, const char* arrow, char other) {
  return "[" + std::to_string(slot) + arrow + text(other) + "]";
}

/// `heir` says that it has taken over all slots of its master.
void take_over(Fixture& f, char heir) {
  Header h = f.header(heir, MessageType::kPing);
  h.flags = flag::kMaster;
  h.master = NodeId{};
  h.config_epoch = h.current_epoch = 9;
  f.receive(heir, {h, PingBody{}});
}

bool shows(const Fixture& f, const std::string& words) {
  return f.cluster.nodes_conf().find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("open slots: a replica that is promoted goes on with what its master had told") {
  Fixture f(as_replica());
  const std::string told =
      open_slot(3, "->-", 'a') + " " + open_slot(6000, "-<-", 'a') + " " + open_slot(7, "->-", 'x');
  f.cluster.learn_open_slots(told, f.now);
  CHECK(f.state().migrating_to(3) == f.node('a'));
  CHECK(f.state().migrating_to(7) == nullptr);  // nobody knows x
  CHECK_FALSE(shows(f, "[3->-"));               // a replica has none of its own
  f.cluster.learn_open_slots(open_slot(3, "->-", 'a') + " " + open_slot(6000, "-<-", 'a'), f.now);
  f.pass(100);
  CHECK(f.command({"failover", "takeover"}) == Reply::ok());
  REQUIRE(f.state().myself->is_master());
  CHECK(f.cluster.open_slots() == open_slot(3, "->-", 'a') + " " + open_slot(6000, "-<-", 'a'));
  CHECK(shows(f, open_slot(3, "->-", 'a')));
}

TEST_CASE(
    "open slots: what was told last counts, and what the owners contradict does not survive a promotion") {
  Fixture f(as_replica());
  f.cluster.learn_open_slots(open_slot(3, "->-", 'a'), f.now);
  f.cluster.learn_open_slots("", f.now);
  CHECK(f.cluster.open_slots().empty());
  f.cluster.learn_open_slots(open_slot(3, "-<-", 'a') + " " + open_slot(6000, "->-", 'b'), f.now);
  f.pass(100);
  f.command({"failover", "takeover"});
  CHECK(f.cluster.open_slots().empty());
}

TEST_CASE("open slots: a replica that imports lets the claims of masters through") {
  Fixture f(as_replica());
  f.cluster.learn_open_slots(open_slot(6000, "-<-", 'a'), f.now);
  Header h = f.header('m', MessageType::kPing);
  h.slots.set(6000);
  h.config_epoch = h.current_epoch = 9;
  f.receive('m', {h, PingBody{}});
  CHECK(f.state().owner[6000] == f.node('m'));
}

TEST_CASE("open slots: the heir of the other end takes its place") {
  Fixture f;
  f.command({"setslot", "6000", "importing", text('a')});
  f.command({"setslot", "3", "migrating", text('a')});
  SECTION("and its claim of the slot that is imported counts") {
    take_over(f, 's');
    CHECK(f.state().owner[6000] == f.node('s'));
    CHECK(f.state().importing_from(6000) == f.node('s'));
    CHECK(f.state().migrating_to(3) == f.node('s'));
  }
  SECTION("nobody else's does") {
    Header h = f.header('b', MessageType::kPing);
    h.slots.set(6000);
    h.config_epoch = h.current_epoch = 9;
    f.receive('b', {h, PingBody{}});
    CHECK(f.state().owner[6000] == f.node('a'));
  }
}

TEST_CASE("open slots: a replica that is given to another shard forgets them") {
  Fixture f(as_replica());
  f.cluster.learn_open_slots(open_slot(3, "->-", 'a'), f.now);
  f.command({"replicate", text('b')});
  CHECK(f.cluster.open_slots().empty());
}
