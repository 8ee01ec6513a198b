// Targets, resolved on a real cluster.
#include "harness/faults/common/target.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <set>

#include "harness/core/wait.h"
#include "harness/faults/test_support.h"

using namespace harness;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

/// Node numbers that a target names in many draws.
std::set<int> drawn(FaultScene& scene, std::string_view target) {
  std::set<int> numbers;
  for (int i = 0; i < 40; ++i) {
    const TargetNodes found = resolve_target(scene.context(), target);
    INFO(found.problem);
    REQUIRE(found.nodes.size() == 1);
    numbers.insert(found.nodes.front()->number());
  }
  return numbers;
}

std::string problem(FaultScene& scene, std::string_view target) {
  const TargetNodes found = resolve_target(scene.context(), target);
  CHECK(found.nodes.empty());
  return found.problem;
}

}  // namespace

TEST_CASE("a target that is none is refused with the forms that there are") {
  for (const char* good :
       {"random-master", "random-replica", "master-of-slot 0", "master-of-slot 16383", "replica-of-slot 5462",
        "dead", "previous", "n1", "n30", "n1,n4", "random", "masters", "all", "spare", "replica-of n2"}) {
    CAPTURE(good);
    CHECK(check_target(good).valid);
  }
  for (const char* bad :
       {"", "master", "master-of-slot", "master-of-slot ", "replica-of-slot x", "master-of-slot 5 ", "n0",
        "n-1", "n", "n1x", "N1", "dead ", "m1", "n1,", "n1,n0", "n1, n2", "replica-of n0", "replica-of 5"}) {
    CAPTURE(bad);
    const TargetCheck check = check_target(bad);
    CHECK_FALSE(check.valid);
    CHECK_THAT(check.problem, Contains("'" + std::string(bad) + "' is no target") &&
                                  Contains("random-master") && Contains("master-of-slot N") &&
                                  Contains("16383") && Contains("n3"));
  }
  for (const char* far : {"master-of-slot 16384", "master-of-slot -1", "replica-of-slot 20000"}) {
    CAPTURE(far);
    const TargetCheck check = check_target(far);
    CHECK_FALSE(check.valid);
    CHECK_THAT(check.problem, Contains("is out of range") && Contains("0 to 16383"));
  }
}

TEST_CASE("targets are what nodes are now, not what they were created as") {
  FaultScene scene;
  CHECK(drawn(scene, "random-master") == std::set<int>{0, 1, 2});
  CHECK(drawn(scene, "random-replica") == std::set<int>{3, 4, 5});
  CHECK(drawn(scene, "master-of-slot 0") == std::set<int>{0});
  CHECK(drawn(scene, "replica-of-slot 0") == std::set<int>{3});
  CHECK(drawn(scene, "n5") == std::set<int>{4});
  CHECK(resolve_target(scene.context(), "master-of-slot 0").description == "n1, master of slots 0-5460");
  CHECK(resolve_target(scene.context(), "replica-of-slot 0").description == "n4, replica");
  CHECK(drawn(scene, "replica-of n2") == std::set<int>{4});
  CHECK(drawn(scene, "random").size() > 3);
  CHECK(resolve_target(scene.context(), "masters").description == "n1, n2, n3");
  CHECK(resolve_target(scene.context(), "all").nodes.size() == 6);
  CHECK(resolve_target(scene.context(), "n5,n1").description == "n5, n1");
  CHECK(problem(scene, "spare") == "no spare node runs now");
  CHECK(problem(scene, "replica-of n5") == "the master has no replica now");
  CHECK(problem(scene, "n7") == "there is no node n7");
  CHECK(problem(scene, "n1,n7") == "there is no node n7");
  CHECK(problem(scene, "dead") == "no node is dead now");
  CHECK(problem(scene, "previous") == "no fault went before");
  CHECK_THAT(problem(scene, "the best one"), Contains("is no target"));

  // A member that hangs is no spare node.
  scene.node(4).signal(SIGSTOP);
  CHECK(problem(scene, "spare") == "no spare node runs now");
  scene.node(4).signal(SIGCONT);

  // n4 becomes the master of n1's slots.
  auto connection = scene.node(3).connect();
  REQUIRE(connection);
  REQUIRE(connection->call({"CLUSTER", "FAILOVER", "TAKEOVER"})->is_ok());
  wait_until("n1 to replicate n4", 30s,
             [&] { return !scene.cluster().why_not_settled(scene.cluster().look()); });
  CHECK(drawn(scene, "master-of-slot 0") == std::set<int>{3});
  CHECK(drawn(scene, "random-master") == std::set<int>{1, 2, 3});
  CHECK(drawn(scene, "random-replica") == std::set<int>{0, 4, 5});
}

TEST_CASE("a random master is one that can be replaced, if there is any") {
  FaultScene scene;
  scene.node(3).kill();  // the replica of n1
  CHECK(drawn(scene, "random-master") == std::set<int>{1, 2});
  CHECK(drawn(scene, "random-replica") == std::set<int>{4, 5});
  CHECK_THAT(problem(scene, "replica-of-slot 0"), Contains("has no replica now"));
  CHECK(drawn(scene, "dead") == std::set<int>{3});
  scene.context().previous_targets = {1, 4};
  const TargetNodes previous = resolve_target(scene.context(), "previous");
  REQUIRE(previous.nodes.size() == 2);
  CHECK(previous.nodes[1] == &scene.node(4));
  CHECK(previous.description == "n2, n5");

  scene.node(4).kill();
  scene.node(5).kill();
  CHECK(drawn(scene, "random-master") == std::set<int>{0, 1, 2});
  CHECK_THAT(problem(scene, "random-replica"), Contains("no replica is synchronized"));
}

TEST_CASE("a slot that nobody serves has no master to aim at") {
  FaultScene scene(3, 0);
  // Again, since a ping that its owner sent before may give the slot back to it.
  wait_until("slot 7 to be nobody's", 30s, [&] {
    for (int number = 0; number < 3; ++number) {
      auto connection = scene.node(number).connect();
      REQUIRE(connection);
      REQUIRE(connection->call({"CLUSTER", "DELSLOTS", "7"}));
    }
    return !scene.cluster().look().master_of_slot(7);
  });
  CHECK_THAT(problem(scene, "master-of-slot 7"), Contains("nobody serves the slot now"));
  CHECK_THAT(problem(scene, "replica-of-slot 7"), Contains("no replica"));
}

TEST_CASE("the same seed draws the same targets") {
  FaultScene scene(3, 0);
  const auto draws = [&] {
    Prng prng(99);
    FaultContext context{scene.cluster(), scene.context().sandbox, scene.context().clock, prng, {}, {}};
    std::vector<int> numbers;
    for (int i = 0; i < 20; ++i)
      numbers.push_back(resolve_target(context, "random-master").nodes.at(0)->number());
    return numbers;
  };
  CHECK(draws() == draws());
}
