// Faults of single messages of the cluster bus, on real clusters.
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>

#include "harness/core/wait.h"
#include "harness/faults/network/cut.h"
#include "harness/faults/test_support.h"
#include "harness/sandbox/namespace_test_support.h"

using namespace std::chrono_literals;

namespace harness {
namespace {

constexpr int kNodeTimeoutMs = 600;
constexpr auto kPatience = 60s;

std::vector<Host*> hosts_of(Cluster& cluster) {
  std::vector<Host*> hosts;
  for (int node = 0; node < cluster.size(); ++node) hosts.push_back(&cluster.host(node));
  return hosts;
}

/// A cluster whose bus goes through the path.
struct BusScene : FaultScene {
  BusPath path;
  explicit BusScene(int masters, int replicas, SandboxMode mode)
      : FaultScene(masters, replicas, mode, {}, kNodeTimeoutMs),
        path(hosts_of(cluster()), port_of(node(0), Traffic::kBusPort)) {
    context().bus = &path;
    wait_until("every node has come again through the path", kPatience,
               [&] { return path.connections() >= cluster().size() * (cluster().size() - 1); });
  }
  Injected inject_bus(std::string_view name, std::string_view target, const char* with) {
    return inject(name, target, Parameters(nlohmann::json::parse(with)));
  }
  void heal(Injected& fault) {
    require_that(fault.active != nullptr, "something to heal");
    fault.active->heal(fault.record);
    require_that(fault.record.verified_healed(), "healed");
  }
  bool is_master(int number) {
    const TopologyNode* self = cluster().look().view(number).topology.myself();
    return self && self->is(kFlagMaster);
  }
};

void require_active(const FaultScene::Injected& fault) {
  const FaultRecord& record = fault.record;
  require_that(record.verified_active(), record.description + " is active: " + record.error);
  require_that(record.effects.size() == 1 && record.effects[0].kind == EffectKind::kBus, "one effect");
  require_that(!record.effects[0].links.empty() && record.effects[0].traffic == Traffic::kBusPort,
               "its links");
}

}  // namespace

TEST_CASE("each fault of bus messages is felt, heals, and composes with the others") {
  in_each_sandbox([](SandboxMode mode) {
    BusScene scene(3, 0, mode);
    auto duplicate = scene.inject_bus("bus-duplicate", "n1", R"({"type": ["PING", "PONG"]})");
    auto delay = scene.inject_bus("bus-delay", "n1", R"({"type": "PONG", "delay": 30, "direction": "out"})");
    auto reorder = scene.inject_bus("bus-reorder", "n1", R"({"from": "n1", "to": "n2", "type": "ping"})");
    auto drop = scene.inject_bus("bus-drop", "n1", R"({"from": "n3", "to": "n1", "count": 3})");
    for (const auto* fault : {&duplicate, &delay, &reorder, &drop}) require_active(*fault);
    require_that(duplicate.record.effects[0].links.size() == 4, "both ways with n2 and n3");
    require_that(delay.record.effects[0].links.size() == 2 && delay.record.effects[0].delay_ms == 30, "out");
    require_that(reorder.record.effects[0].links == std::vector<HostLink>{{"n1", "n2"}}, "n1 to n2");
    require_that(drop.record.nodes == std::vector<int>({2, 0}), "who was named");
    require_that(scene.path.traffic().rules() == 4, "four rules");
    for (auto* fault : {&delay, &drop, &duplicate, &reorder}) scene.heal(*fault);
    require_that(scene.path.traffic().rules() == 0, "none is left");
    require_that(drop.record.evidence.find("acted on") != std::string::npos, drop.record.evidence);
    // A suspicion that comes of three lost messages on a busy machine is taken back.
    wait_until("the cluster is as it was", kPatience,
               [&] { return !scene.cluster().why_not_settled(scene.cluster().look()); });
  });
}

TEST_CASE("without their votes nobody is promoted, with them somebody is") {
  in_each_sandbox([](SandboxMode mode) {
    BusScene scene(3, 1, mode);
    auto drop = scene.inject_bus("bus-drop", "n1", R"({"type": "FAILOVER_AUTH_ACK", "from": "n2,n3"})");
    require_active(drop);
    scene.node(0).kill();
    const auto acks = [&] {
      BusTypeSet types;
      types.add(BusType::kAuthAck);
      return count_of(scene.path.traffic().counts(), {types, {}, {"n4"}, false});
    };
    wait_until("both voters have voted", kPatience, [&] { return acks() >= 2; });
    require_that(!scene.is_master(3), "n4 waits for its votes");
    wait_until("n4 asks again", kPatience, [&] { return acks() >= 4; });
    require_that(!scene.is_master(3), "and again in vain");
    scene.heal(drop);
    require_that(drop.record.verified_active(), "it was felt");
    wait_until("n4 is promoted", kPatience, [&] { return scene.is_master(3); });
  });
}

TEST_CASE("votes that come late make an election late") {
  in_each_sandbox([](SandboxMode mode) {
    BusScene scene(3, 1, mode);
    auto delay =
        scene.inject_bus("bus-delay", "n1", R"({"type": "FAILOVER_AUTH_ACK", "delay": 700, "to": "n4"})");
    require_active(delay);
    scene.node(0).kill();
    const auto count = [&](bool delivered) {
      BusTypeSet types;
      types.add(BusType::kAuthAck);
      return count_of(scene.path.traffic().counts(), {types, {}, {"n4"}, delivered});
    };
    wait_until("a vote is sent", kPatience, [&] { return count(false) >= 1; });
    const auto sent = std::chrono::steady_clock::now();
    require_that(count(true) == 0 && !scene.is_master(3), "it has not arrived");
    wait_until("n4 is promoted", kPatience, [&] { return scene.is_master(3); });
    require_that(std::chrono::steady_clock::now() - sent >= 500ms, "late");
    scene.heal(delay);
  });
}

TEST_CASE("an old master that nobody tells of the new one stays what it was, until it is told") {
  in_each_sandbox([](SandboxMode mode) {
    BusScene scene(3, 1, mode);
    scene.node(0).kill();
    wait_until("n4 is promoted", kPatience, [&] { return scene.is_master(3); });
    // To a dead node nothing is said: the faults are in force all the same.
    auto updates = scene.inject_bus("bus-drop", "n1", R"({"type": "UPDATE", "to": "n1"})");
    auto owner =
        scene.inject_bus("bus-drop", "n1", R"({"type": ["PING", "PONG"], "from": "n4", "to": "n1"})");
    require_active(updates);
    require_active(owner);
    scene.node(0).start();
    const auto told = [&] {
      BusTypeSet types;
      types.add(BusType::kUpdate);
      return count_of(scene.path.traffic().counts(), {types, {}, {"n1"}, false});
    };
    wait_until("somebody tells n1, in vain", kPatience, [&] { return told() > 0; });
    require_that(scene.is_master(0), "n1 is a master by its own view");
    scene.heal(owner);
    wait_until("n1 hears of n4 by itself", kPatience, [&] { return !scene.is_master(0); });
    scene.heal(updates);
    require_that(updates.record.verified_active() && owner.record.verified_active(), "both were felt");
  });
}

TEST_CASE("a fault that no message felt has not taken effect") {
  in_each_sandbox([](SandboxMode mode) {
    BusScene scene(3, 0, mode);
    auto drop = scene.inject_bus("bus-drop", "n1", R"({"type": "MFSTART"})");
    require_active(drop);  // in force: others pass
    scene.heal(drop);
    require_that(!drop.record.verified_active(), "nothing was dropped");
    require_that(drop.record.error.find("no message of type MFSTART") != std::string::npos,
                 drop.record.error);
    scene.context().bus = nullptr;
    const auto none = scene.inject_bus("bus-drop", "n1", "{}");
    require_that(!none.active && !none.record.error.empty(), "without a path there is no such fault");
  });
}

TEST_CASE("hundreds of faults of bus messages leave nothing") {
  run_in_sandbox(allowed_modes().front(), [] {
    BusScene scene(3, 0, allowed_modes().front());
    for (int round = 0; round < 60; ++round)
      for (const char* name : {"bus-drop", "bus-delay", "bus-duplicate", "bus-reorder"}) {
        auto fault = scene.inject_bus(name, "n1", "{}");
        require_active(fault);
        scene.heal(fault);
      }
    require_that(scene.path.traffic().rules() == 0, "no rule is left");
    wait_until("the cluster is whole", kPatience,
               [&] { return !scene.cluster().why_not_settled(scene.cluster().look()); });
    return 0;
  });
}

/// Records one message of every type and kind, for the tests of the reader. By hand:
///   HARNESS_TEST_SERVER=… HARNESS_CAPTURE=harness/core/testdata/bus_message_seeds/NAME.bin
///   harness_faults_test "[capture]"
TEST_CASE("a recording of the bus", "[.][capture]") {
  const char* file = std::getenv("HARNESS_CAPTURE");
  REQUIRE(file != nullptr);
  run_in_sandbox(allowed_modes().front(), [&] {
    TestSandbox bottle(allowed_modes().front());
    ClusterOptions options = bottle.options(3, 1);
    options.config.node_timeout_ms = kNodeTimeoutMs;
    Cluster cluster(*bottle.sandbox, options);
    BusPath path(hosts_of(cluster), port_of(cluster.node(0), Traffic::kBusPort));
    std::map<std::tuple<BusType, bool, bool>, int> kinds;  // type, light, with extensions
    std::ofstream out(file, std::ios::binary);
    path.traffic().tap([&](const BusLink&, std::string_view bytes) {
      const auto message = read_bus_message(bytes);
      require_that(message.has_value(), "every message is read");
      if (++kinds[{message->type, message->light, !message->extensions.empty()}] == 1) out << bytes;
    });
    cluster.start();
    cluster.form();
    const auto ask = [&](int node, const Command& command) {
      auto connection = cluster.node(node).connect();
      require_that(connection && connection->call(command), command[0]);
    };
    const auto master = [&](int node) {
      const Roles roles = cluster.look();
      const TopologyNode* self = roles.view(node).topology.myself();
      return self && self->is(kFlagMaster);
    };
    ask(0, {"PUBLISH", "channel", "message"});
    ask(0, {"SPUBLISH", "{06S}", "message"});
    ask(1, {"SPUBLISH", "{06S}", "message"});
    ask(2, {"SPUBLISH", "{06S}", "message"});
    ask(3, {"CLUSTER", "FAILOVER"});
    wait_until("n4 is a master", kPatience, [&] { return master(3); });
    cluster.node(1).kill();
    wait_until("n5 is a master", kPatience, [&] { return master(4); });
    cluster.node(1).start();
    wait_until("n2 is a replica", kPatience, [&] { return !master(1) && cluster.look().view(1).reachable; });
    path.traffic().tap({});
    for (const auto& [kind, count] : kinds)
      std::printf("%s%s%s %d\n", std::string(to_string(std::get<0>(kind))).c_str(),
                  std::get<1>(kind) ? " light" : "", std::get<2>(kind) ? " with extensions" : "", count);
    std::fflush(stdout);
    return 0;
  });
}

}  // namespace harness
