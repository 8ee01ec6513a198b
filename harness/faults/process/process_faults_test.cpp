// Every process fault on real servers: it takes effect, is verified, ends; and where it does not take effect
// it says so.
#include "harness/faults/faults.h"

#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <set>

#include "harness/core/wait.h"
#include "harness/faults/common/target.h"
#include "harness/faults/test_support.h"

using namespace harness;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

void check_verified(const FaultRecord& record, std::string_view evidence) {
  INFO(record.fault << ": " << record.error);
  CHECK(record.verified_active());
  CHECK(record.requested <= record.active);
  CHECK_THAT(record.evidence, Contains(std::string(evidence)));
  CHECK(record.error.empty());
}

void check_refused(const FaultScene::Injected& injected, const std::string& why) {
  CHECK_FALSE(injected.record.verified_active());
  CHECK_THAT(injected.record.error, Contains(why));
  CHECK(injected.record.evidence.empty());
  CHECK(injected.record.requested != kNever);
  CHECK(injected.active == nullptr);
}

Incarnation last_life(Node& node) {
  return node.incarnations({}).back();
}

}  // namespace

TEST_CASE("crashes are verified by their signal, and a dead node starts again") {
  FaultScene scene;
  for (const auto& [fault, signal, word] :
       {std::tuple{"kill", SIGKILL, "SIGKILL"}, std::tuple{"debug-segfault", SIGSEGV, "SIGSEGV"}}) {
    CAPTURE(fault);
    const auto crash = scene.inject(fault, "n1");
    check_verified(crash.record, std::string("died of ") + word);
    CHECK(crash.active == nullptr);  // a crash is over at once: a restart ends it
    CHECK(crash.record.verified_healed());
    CHECK(crash.record.nodes == std::vector<int>{0});
    CHECK_THAT(crash.record.description, Contains("n1"));
    CHECK_FALSE(scene.node(0).running());
    CHECK(last_life(scene.node(0)).signal == signal);
    CHECK(last_life(scene.node(0)).expected);

    const int dead = scene.node(0).pid();
    const std::string id = scene.cluster().infos()[0].id;
    const auto restart = scene.inject("restart", "dead");
    check_verified(restart.record, "n1 answers as process " + std::to_string(scene.node(0).pid()));
    CHECK(restart.record.nodes == std::vector<int>{0});
    CHECK(scene.node(0).pid() != dead);
    auto connection = scene.node(0).connect();
    REQUIRE(connection);
    CHECK(connection->call({"CLUSTER", "MYID"})->text == id);  // its own nodes.conf
  }
}

TEST_CASE("a fault of a node that is not there, or not as it must be, is an error and not active") {
  FaultScene scene(3, 0);
  check_refused(scene.inject("kill", "n9"), "there is no node n9");
  check_refused(scene.inject("kill", "replica-of-slot 0"), "no replica");
  check_refused(scene.inject("pause", "random-replica"), "no replica");
  check_refused(scene.inject("debug-segfault", "nonsense"), "'nonsense' is no target");
  check_refused(scene.inject("restart", "dead"), "no node is dead now");
  check_refused(scene.inject("restart", "n2"), "n2 runs");
  CHECK(scene.node(1).incarnations({}).size() == 1);

  check_verified(scene.inject("kill", "n1").record, "SIGKILL");
  check_refused(scene.inject("kill", "n1"), "n1 does not run");  // an old death is no new one
  check_refused(scene.inject("pause", "n1"), "n1 does not run");
  check_refused(scene.inject("debug-segfault", "n1"), "no connection to n1");
  CHECK(last_life(scene.node(0)).expected);
}

TEST_CASE("a DEBUG that is refused is no crash, and a later end is not the harness' own") {
  FaultScene scene(3, 0, SandboxMode::kLoopback, {{"enable-debug-command", "no"}});
  check_refused(scene.inject("debug-segfault", "n2"), "n2 answered ERR");
  CHECK(scene.node(1).running());
  CHECK_FALSE(last_life(scene.node(1)).expected);
  scene.node(1).signal(SIGKILL);  // not by the harness, as far as the node knows
  REQUIRE(scene.node(1).wait_for_end(20s));
  CHECK_FALSE(last_life(scene.node(1)).expected);
}

TEST_CASE("a server that hangs is not killed by a request that it cannot read") {
  FaultScene scene(3, 0);
  const auto paused = scene.inject("pause", "n2");
  check_refused(scene.inject("debug-segfault", "n2"), "n2 still runs");
  CHECK_FALSE(last_life(scene.node(1)).expected);
}

TEST_CASE("a pause stops the process until it is healed") {
  FaultScene scene(3, 0);
  Node& node = scene.node(1);
  auto pause = scene.inject("pause", "n2");
  check_verified(pause.record, "process " + std::to_string(node.pid()) + " is in state T");
  CHECK(node.state() == 'T');
  CHECK_FALSE(scene.cluster().look().reachable(1));
  CHECK_FALSE(pause.record.verified_healed());

  REQUIRE(pause.active);
  pause.active->heal(pause.record);
  CHECK(pause.record.verified_healed());
  CHECK(pause.record.heal_requested <= pause.record.healed);
  CHECK(pause.record.error.empty());
  CHECK(node.state() != 'T');
  node.wait_until_answering(20s);
  const Nanos healed = pause.record.healed;
  pause.active->heal(pause.record);
  CHECK(pause.record.healed == healed);  // once is enough
}

TEST_CASE("a pause that is forgotten heals itself, one that is outlived is not healed") {
  FaultScene scene(3, 0);
  Node& node = scene.node(1);
  auto forgotten = scene.inject("pause", "n2");
  REQUIRE(node.state() == 'T');
  forgotten.active.reset();
  wait_until("n2 to go on", 20s, [&] { return node.state() != 'T'; });
  node.wait_until_answering(20s);

  auto killed = scene.inject("pause", "n2");
  REQUIRE(killed.active);
  node.kill();  // another fault, perhaps
  killed.active->heal(killed.record);
  CHECK(killed.record.verified_healed());
  check_verified(scene.inject("restart", "n2").record, "n2 answers");

  auto outlived = scene.inject("pause", "n2");
  REQUIRE(outlived.active);
  node.signal(SIGKILL);  // not by the harness, as far as the node knows
  REQUIRE(node.wait_for_end(20s));
  outlived.active->heal(outlived.record);
  CHECK_FALSE(outlived.record.verified_healed());
  CHECK_THAT(outlived.record.error, Contains("n2 died while it was stopped"));
}

TEST_CASE("a server that does not come back is an error of the restart, not of the harness") {
  FaultScene scene(3, 0);
  check_verified(scene.inject("kill", "n3").record, "SIGKILL");
  std::ofstream(scene.node(2).files().nodes_conf()) << "this is no nodes.conf\n";
  const auto restart = scene.inject("restart", "previous");
  check_refused(restart, "n3");
  CHECK_THAT(restart.record.error, Contains("before it answered"));
  CHECK_FALSE(last_life(scene.node(2)).expected);
}
