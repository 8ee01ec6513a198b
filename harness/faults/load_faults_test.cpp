// The faults of load, clock and build, on real servers: they take effect, are verified, and end.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/faults/data_test_support.h"

using namespace harness;
using namespace std::chrono_literals;
using Catch::Contains;
using nlohmann::json;

namespace {

void check_healed(FaultScene::Injected& injected) {
  injected.active->heal(injected.record);
  INFO(injected.record.error);
  CHECK(injected.record.verified_healed());
  CHECK(injected.record.error.empty());
}

/// The seconds of the node's wall clock beyond ours.
double ahead_of_us(Node& node) {
  auto connection = node.connect();
  require_that(static_cast<bool>(connection), "the node answers");
  const auto told = connection->call({"TIME"});
  require_that(static_cast<bool>(told), "TIME is answered");
  return std::stod(told->elements.at(0).text) -
         std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

FaultScene clock_scene() {
  return FaultScene(3, 0, SandboxMode::kLoopback, [](ClusterOptions& options) { options.fake_clock = true; });
}

}  // namespace

TEST_CASE("a starved node runs for a part of the time, and whole again") {
  FaultScene scene(3, 0);
  Node& node = scene.node(0);
  auto starved = scene.inject("cpu", "n1", Parameters(json{{"share", 10}, {"period", 200}}));
  INFO(starved.record.error);
  CHECK(starved.record.verified_active());
  CHECK(starved.record.effects.at(0).kind == EffectKind::kLoad);
  int stopped = 0;
  for (int i = 0; i < 200; ++i) {
    stopped += node.state() == 'T';
    std::this_thread::sleep_for(2ms);  // the distance of the samples
  }
  CHECK(stopped > 100);
  CHECK_FALSE(ask(node, {"PING"}).empty());  // it answers all the same
  check_healed(starved);
  CHECK_THAT(starved.record.evidence, Contains("times in all"));
  CHECK(node.state() != 'T');

  check_healed(starved);
  node.kill();
  const auto dead = scene.inject("cpu", "n1");
  CHECK_THAT(dead.record.error, Contains("n1 does not run"));
}

TEST_CASE("a node without memory refuses writes, serves reads, and takes writes again") {
  FaultScene scene(3, 0);
  Node& node = scene.node(0);
  REQUIRE(writes(node, key(0)));
  auto full = scene.inject("memory", "n1", Parameters(json{{"percent", 50}}));
  INFO(full.record.error);
  REQUIRE(full.record.verified_active());
  CHECK_THAT(ask(node, {"SET", key(1), "v"}), Contains("OOM"));
  CHECK_THAT(ask(node, {"GET", key(0)}), Contains("v"));
  CHECK(full.record.effects.size() == 1);
  check_healed(full);
  CHECK_THAT(ask(node, {"SET", key(1), "v"}), Contains("OK"));
  CHECK_THAT(ask(node, {"INFO", "memory"}), Contains("maxmemory:0\r\n"));

  auto evicts = scene.inject("memory", "n1", Parameters(json{{"percent", 50}, {"policy", "allkeys-lru"}}));
  CHECK(std::ranges::count(evicts.record.effects, EffectKind::kData, &Effect::kind) == 1);
  check_healed(evicts);
}

TEST_CASE("a clock steps, and shows the true time again") {
  FaultScene scene = clock_scene();
  for (const double step : {60.0, -3600.0}) {
    auto stepped = scene.inject("clock-step", "n1", Parameters(json{{"step", step}}));
    INFO(stepped.record.error);
    REQUIRE(stepped.record.verified_active());
    CHECK(std::abs(ahead_of_us(scene.node(0)) - step) < 2);
    CHECK(std::abs(ahead_of_us(scene.node(1))) < 2);
    CHECK(stepped.record.effects.at(0).clock_ms == step * 1e3);
    check_healed(stepped);
    CHECK(std::abs(ahead_of_us(scene.node(0))) < 2);
  }
}

TEST_CASE("a clock that gains, and one that jumps there and back") {
  FaultScene scene = clock_scene();
  auto skew = scene.inject("clock-skew", "n2", Parameters(json{{"rate", 1000}}));
  INFO(skew.record.error);
  REQUIRE(skew.record.verified_active());
  const double first = ahead_of_us(scene.node(1));
  CHECK(wait_for(10s, [&] { return ahead_of_us(scene.node(1)) > first + 3; }));
  check_healed(skew);

  auto strobe = scene.inject("clock-strobe", "n2", Parameters(json{{"step", 100}, {"period", 200}}));
  REQUIRE(strobe.record.verified_active());
  CHECK(wait_for(10s, [&] { return ahead_of_us(scene.node(1)) > 90; }));
  CHECK(wait_for(10s, [&] { return ahead_of_us(scene.node(1)) < 10; }));
  CHECK(wait_for(10s, [&] { return ahead_of_us(scene.node(1)) > 90; }));
  check_healed(strobe);
}

TEST_CASE("200 clock faults leave the true time, and nodes with the true clock say so") {
  FaultScene scene = clock_scene();
  for (int i = 0; i < 200; ++i) {
    auto stepped = scene.inject("clock-step", "n1", Parameters(json{{"step", 1000 + i}}));
    REQUIRE(stepped.record.verified_active());
    stepped.active->heal(stepped.record);
    REQUIRE(stepped.record.verified_healed());
  }
  CHECK(std::abs(ahead_of_us(scene.node(0))) < 2);

  FaultScene plain(3, 0);
  CHECK_THAT(plain.inject("clock-step", "n1").record.error, Contains("the true clock"));
}

TEST_CASE("nodes restart as the build that is asked for, replicas first") {
  const std::string bundled = std::string(BINARY_DIR) + "/cluster-node";
  if (!std::filesystem::exists(bundled)) {
    WARN("SKIPPED: the bundled node is not built");
    return;
  }
  FaultScene scene(3, 1, SandboxMode::kLoopback, [&](ClusterOptions& options) {
    options.upgrade_to = {bundled};
    options.flavors.push_back(detect_flavor(bundled));
  });
  const auto upgrade = scene.inject("upgrade", "all", Parameters(json{{"pause", 0}}));
  INFO(upgrade.record.error);
  REQUIRE(upgrade.record.verified_active());
  CHECK_THAT(upgrade.record.evidence, Contains("now bundled"));
  CHECK(upgrade.record.nodes == std::vector<int>{3, 4, 5, 0, 1, 2});
  for (int node = 0; node < 6; ++node) CHECK(scene.node(node).flavor().kind == FlavorKind::kBundled);
  CHECK(wait_for(40s, [&] { return !scene.cluster().why_not_settled(scene.cluster().look()); }));

  const auto unknown = scene.inject("upgrade", "n1", Parameters(json{{"server", "elsewhere"}}));
  CHECK_THAT(unknown.record.error, Contains("the plan has no build 'elsewhere'"));
}

TEST_CASE("a build that cannot read what is there is refused, and the node runs on") {
  FaultScene scene(3, 0, SandboxMode::kLoopback, [](ClusterOptions& options) {
    Flavor ancient = options.flavors.front();
    ancient.kind = FlavorKind::kRedis;
    ancient.version = {5, 0, 0};
    ancient.version_text = "5.0.0";
    options.upgrade_to = {"ancient"};
    options.flavors.push_back(ancient);
  });
  for (const char* name : {"upgrade", "downgrade"}) {
    const auto refused = scene.inject(name, "n1");
    CHECK_THAT(refused.record.error, Contains("cannot load"));
    CHECK_FALSE(refused.record.verified_active());
  }
  CHECK(scene.node(0).running());

  FaultScene plain(3, 0);
  CHECK_THAT(plain.inject("upgrade", "n1").record.error, Contains("--upgrade-to"));
}
