// Replicas that go to a master without one: not before it is time, and not when they are needed where they
// are.
#include "checkers/promises/replica_moves.h"

#include <catch2/catch.hpp>

#include "checkers/promises/findings_test.h"
#include "checkers/promises/record_builder_test.h"

using namespace harness;
using namespace harness::testing;

namespace {

/// n4 follows n1, n5 and (from the beginning) n6 follow n2; n3 has none.
struct Moves {
  RecordBuilder b;

  Moves() { b.give(6, 2); }
  void lose_replica_of_n1() {
    b.crash(4, 9);
    b.mark_failed(4);
  }
  CheckResult moved(const std::string& words = "Migrating to orphaned master ") {
    b.log(5, words + b.id(1));
    b.observe_until(20'000);
    RunRecord run = b.finish();
    run.counters.host_stall_max = 0;
    CheckResult result;
    result.valid = Validity::kValid;
    check_replica_moves(Analysis(run), result);
    CHECK(measured(result, "replicas_migrated") == 1);
    return result;
  }
};

}  // namespace

TEST_CASE("a replica goes to another master only when that has been without one, and its own has more") {
  Moves moves;
  moves.b.observe_until(3'000);
  SECTION("good: the other master lost its only replica more than five seconds ago") {
    moves.lose_replica_of_n1();
    moves.b.observe_until(8'500);
    CHECK(moves.moved().violations == 0);
  }
  SECTION("good: the same as valkey says it") {
    moves.lose_replica_of_n1();
    moves.b.observe_until(8'500);
    CHECK(moves.moved("Migrating to orphaned primary ").violations == 0);
  }
  SECTION("bad: it lost it two seconds ago") {
    moves.lose_replica_of_n1();
    moves.b.observe_until(5'000);
    CHECK(has(moves.moved(), "migrated-too-early"));
  }
  SECTION("good: it lost it two seconds ago, but for the second time: the node may count from the first") {
    moves.lose_replica_of_n1();
    moves.b.observe_until(4'000);
    moves.b.restart(4);
    moves.b.demote(4, 1);  // a replica that works
    moves.b.observe_until(6'000);
    moves.lose_replica_of_n1();
    moves.b.observe_until(8'000);
    CHECK(moves.moved().violations == 0);
  }
  SECTION("bad: it has one") {
    CHECK(has(moves.moved(), "migrated-too-early"));
  }
  SECTION("bad: it was its own master's only one") {
    moves.b.give(6, 3);
    moves.lose_replica_of_n1();
    moves.b.observe_until(8'500);
    CHECK(has(moves.moved(), "migrated-below-barrier"));
  }
}

TEST_CASE("a replica goes to no master that never had one, and had its slots before anybody had replicas") {
  RecordBuilder b;
  for (const int replica : {4, 5, 6}) b.reset(replica);
  const auto moved = [&] {
    b.log(4, "Migrating to orphaned master " + b.id(3));
    b.observe_until(14'000);
    RunRecord run = b.finish();
    run.counters.host_stall_max = 0;
    CheckResult result;
    result.valid = Validity::kValid;
    check_replica_moves(Analysis(run), result);
    return has(result, "migrated-to-unorphaned");
  };
  SECTION("bad: it is not meant to have any") {
    b.observe_until(1'000);
    b.demote(4, 1);
    b.demote(5, 1);
    b.observe_until(10'000);
    CHECK(moved());
  }
  SECTION("good: it had one before") {
    b.observe_until(1'000);
    b.demote(4, 1);
    b.demote(5, 1);
    b.demote(6, 3);
    b.observe_until(2'000);
    b.demote(6, 2);
    b.observe_until(10'000);
    CHECK_FALSE(moved());
  }
  SECTION("not told: others had replicas from the first look on") {
    b.demote(4, 1);
    b.demote(5, 1);
    b.observe_until(10'000);
    CHECK_FALSE(moved());
  }
}
