// The faults of clocks on real servers: they take effect, are verified, and end.
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
