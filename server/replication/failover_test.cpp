/// FAILOVER between masters and replicas joined in memory.
#include <catch2/catch.hpp>

#include "server/replication/fixture.h"

using namespace node::replication;
using namespace node::replication::fixture;

namespace {
/// A master with two replicas that have everything.
struct Trio : Shard {
  int master = add(), first = add(), second = add();
  Trio() {
    follow(first, master);
    follow(second, master);
    run(2000);
    write(master, "a");
    run(300);
  }
  Replication& of(int i) { return peer(i).replication; }
};
}  // namespace

TEST_CASE("FAILOVER hands over to the replica that it names, and nobody needs a snapshot") {
  Trio t;
  t.write(t.master, "b");
  CHECK_FALSE(t.of(t.master).begin_failover({"10.0.0.1", t.second}, t.now));
  CHECK(t.of(t.master).failover_state() == "waiting-for-sync");
  CHECK(t.of(t.master).begin_failover({}, t.now) == "FAILOVER already in progress.");
  t.run(2000);
  CHECK(t.of(t.master).failover_state() == "no-failover");
  CHECK(t.of(t.master).is_replica());
  CHECK_FALSE(t.of(t.second).is_replica());
  CHECK(t.pauses.empty());
  t.follow(t.first, t.second);
  t.run(2000);
  t.write(t.second, "c");
  t.run(300);
  for (int i : {t.master, t.first, t.second}) CHECK(t.peer(i).data == "abc");
  CHECK(t.peer(t.master).snapshots_loaded == 0);
  CHECK(t.peer(t.first).snapshots_loaded == 1);
  // And again, by a master that wrote nothing since.
  CHECK_FALSE(t.of(t.second).begin_failover({}, t.now));
  t.run(2500);
  CHECK(t.of(t.second).is_replica());
  CHECK(t.of(t.master).is_replica() != t.of(t.first).is_replica());
  CHECK(t.peer(t.second).snapshots_loaded == 1);
}

TEST_CASE(
    "FAILOVER waits for a replica that lags: for ever, until the time is up, or until it is taken back") {
  Trio t;
  t.deaf.insert(t.second);
  t.write(t.master, "b");
  const Replication::FailoverRequest to_second{"10.0.0.1", t.second};
  SECTION("until it has everything") {
    REQUIRE_FALSE(t.of(t.master).begin_failover(to_second, t.now));
    t.run(5000);
    CHECK(t.of(t.master).failover_state() == "waiting-for-sync");
    CHECK(t.pauses.contains(t.master));
    CHECK(t.of(t.master).abort_failover());
  }
  SECTION("the time is up") {
    auto request = to_second;
    request.timeout = 500;
    REQUIRE_FALSE(t.of(t.master).begin_failover(request, t.now));
    t.run(1000);
  }
  t.run(200);
  CHECK(t.of(t.master).failover_state() == "no-failover");
  CHECK_FALSE(t.of(t.master).is_replica());
  CHECK(t.pauses.empty());
  CHECK_FALSE(t.of(t.master).abort_failover());
}

TEST_CASE("FAILOVER with FORCE goes on when the time is up, a heir that refuses leaves the master a master") {
  Trio t;
  REQUIRE(t.of(t.master).begin_failover({"", 0, 500, true}, t.now) ==
          "FAILOVER with force option requires both a timeout and target HOST and IP.");
  t.deaf.insert(t.second);
  t.write(t.master, "b");
  REQUIRE_FALSE(t.of(t.master).begin_failover({"10.0.0.1", t.second, 500, true}, t.now));
  SECTION("it takes over without the last write") {
    t.run(500);
    t.deaf.clear();
    t.run(3000);
    CHECK(t.of(t.master).is_replica());
    CHECK_FALSE(t.of(t.second).is_replica());
    CHECK(t.peer(t.master).data == "a");
  }
  SECTION("it has become a master of its own accord") {
    t.cut(t.second);
    t.of(t.second).become_master(t.now);
    t.deaf.clear();
    t.run(3000);
    CHECK_FALSE(t.of(t.master).is_replica());
    CHECK_FALSE(t.of(t.second).is_replica());
    // The other replica finds its master again, and goes on where it was.
    t.write(t.master, "c");
    t.run(3000);
    CHECK(t.peer(t.first).data == "abc");
    CHECK(t.peer(t.first).snapshots_loaded == 1);
  }
  SECTION("nobody answers there, and the operator gives up") {
    t.refused.insert(t.second);
    t.run(3000);
    CHECK(t.of(t.master).failover_state() == "failover-in-progress");
    CHECK(t.of(t.master).is_replica());
    CHECK(t.of(t.master).abort_failover());
    t.run(200);
    CHECK_FALSE(t.of(t.master).is_replica());
  }
  CHECK(t.of(t.master).failover_state() == "no-failover");
  CHECK(t.pauses.empty());
}

TEST_CASE("FAILOVER needs a replica that is there") {
  Trio t;
  Replication& r = t.of(t.master);
  CHECK(r.begin_failover({"10.0.0.1", 77}, t.now) == "FAILOVER target HOST and PORT is not a replica.");
  CHECK(r.begin_failover({"10.0.0.2", t.first}, t.now) == "FAILOVER target HOST and PORT is not a replica.");
  CHECK(t.of(t.first).begin_failover({}, t.now) == "FAILOVER is not valid when server is a replica.");
  Replication alone(Config{}, 1);
  CHECK(alone.begin_failover({}, 0) == "FAILOVER requires connected replicas.");
  CHECK(r.refuse_handover(r.history().id) == "PSYNC FAILOVER can't be sent to a master.");
  CHECK(t.of(t.first).refuse_handover("other") == "PSYNC FAILOVER replid must match my replid.");
}
