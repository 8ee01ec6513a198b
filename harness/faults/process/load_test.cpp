// Nodes that get little of the processor, and nodes that restart as another build: on real servers.
#include <nlohmann/json.hpp>

#include "ci/test_paths.h"
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

TEST_CASE("nodes restart as the build that is asked for, replicas first") {
  const std::string bundled = build_dir() + "/cluster-node";
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
