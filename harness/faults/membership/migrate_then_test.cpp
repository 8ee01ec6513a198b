// Migrations of slots that are disturbed half-way, on real servers: the stage is reached, the blow falls, and
// healing closes the slot with all of its keys.
#include "harness/faults/membership/migrate_then.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "harness/core/slot.h"
#include "harness/core/wait.h"
#include "harness/faults/common/administration.h"
#include "harness/faults/test_support.h"

using namespace harness;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

constexpr int kSlot = 42;
constexpr int kKeys = 5;

std::string ask(FaultScene& scene, int node, const Command& command) {
  std::string problem;
  const auto reply = tell(scene.node(node), command, problem);
  return reply ? reply->describe() : problem;
}

/// Keys of slot 42, which n1 serves.
std::vector<std::string> fill(FaultScene& scene) {
  std::vector<std::string> keys;
  std::string tag;
  for (int i = 0; slot_of(tag) != kSlot; ++i) tag = "tag" + std::to_string(i);
  for (int i = 0; i < kKeys; ++i) {
    keys.push_back("{" + tag + "}" + std::to_string(i));
    REQUIRE(ask(scene, 0, {"SET", keys.back(), "v"}) == "OK");
  }
  return keys;
}

FaultScene::Injected inject(FaultScene& scene, std::string_view name, nlohmann::json with) {
  with["slot"] = kSlot;
  with["to"] = "n2";
  return scene.inject(name, "n1", Parameters(with));
}

bool open(FaultScene& scene, int node, const std::vector<int> TopologyNode::*what) {
  const Roles roles = scene.cluster().look();
  const TopologyNode* self = roles.view(node).topology.myself();
  return self && std::ranges::find(self->*what, kSlot) != (self->*what).end();
}

/// All keys are with the owner of the slot, and no node has it open.
void check_closed(FaultScene& scene, const std::vector<std::string>& keys, int owner) {
  CHECK(scene.cluster().look().master_of_slot(kSlot) == owner);
  const Membership meant = scene.cluster().membership();
  CHECK(std::ranges::any_of(meant.slots_of(meant.shard_of(owner)),
                            [](const SlotRange& range) { return range.contains(kSlot); }));
  for (const std::string& key : keys) CHECK(ask(scene, owner, {"GET", key}) == "v");
  for (int node = 0; node < scene.cluster().size(); ++node) {
    CHECK_FALSE(open(scene, node, &TopologyNode::migrating));
    CHECK_FALSE(open(scene, node, &TopologyNode::importing));
  }
}

void heal(FaultScene::Injected& injected) {
  REQUIRE(injected.active);
  injected.active->heal(injected.record);
  INFO(injected.record.error);
  CHECK(injected.record.verified_healed());
}

}  // namespace

TEST_CASE("a pause of the source at each stage: the slot is open meanwhile, and then the target's") {
  FaultScene scene(3, 0, SandboxMode::kLoopback, {}, 30'000);
  const auto keys = fill(scene);
  const auto stage = GENERATE(std::string("importing-set"), std::string("migrating-set"),
                              std::string("keys-moved"), std::string("node-set-at-target"));
  CAPTURE(stage);
  auto injected = inject(scene, "migrate-then-pause", {{"stage", stage}, {"keys", 2}});
  INFO(injected.record.error);
  REQUIRE(injected.record.verified_active());
  CHECK(injected.record.nodes == std::vector<int>{0, 1});
  REQUIRE(injected.record.effects.size() == 2);
  CHECK(injected.record.effects[0].kind == EffectKind::kMembership);
  CHECK(injected.record.effects[1].kind == EffectKind::kStopped);
  CHECK(injected.record.effects[1].nodes == std::vector<int>{0});
  CHECK(scene.node(0).state() == 'T');
  CHECK(open(scene, 1, &TopologyNode::importing) == (stage != "node-set-at-target"));
  const std::string moved = stage == "keys-moved" ? "2" : stage == "node-set-at-target" ? "5" : "0";
  CHECK(ask(scene, 1, {"DBSIZE"}) == moved);
  heal(injected);
  check_closed(scene, keys, 1);
}

TEST_CASE("a replica of the target that dies half-way is started again, and the slot is closed") {
  FaultScene scene(3, 1, SandboxMode::kLoopback, {}, 30'000);
  const auto keys = fill(scene);
  auto injected = inject(scene, "migrate-then-kill", {{"who", "target-replica"}, {"slots", 3}});
  INFO(injected.record.error);
  REQUIRE(injected.record.verified_active());
  REQUIRE(injected.record.effects.size() == 2);
  CHECK(injected.record.effects[1].kind == EffectKind::kDown);
  CHECK_FALSE(scene.node(4).running());
  CHECK_THAT(injected.record.description, Contains("slot 42") && Contains("kill n5"));
  heal(injected);
  CHECK(scene.node(4).running());
  check_closed(scene, keys, 1);
  CHECK(slots_of(scene.cluster().look(), 1).size() ==
        static_cast<std::size_t>(even_slot_ranges(3)[1].size()) + 3);
}

TEST_CASE("a slot that somebody else closed where it was is meant to stay there") {
  FaultScene scene(3, 0, SandboxMode::kLoopback, {}, 30'000);
  const auto keys = fill(scene);
  auto injected = inject(scene, "migrate-then-pause", {{"stage", "importing-set"}});
  INFO(injected.record.error);
  REQUIRE(injected.record.verified_active());
  REQUIRE(ask(scene, 1, {"CLUSTER", "SETSLOT", std::to_string(kSlot), "STABLE"}) == "OK");
  heal(injected);
  check_closed(scene, keys, 0);
}

TEST_CASE("what cannot be moved is no fault, and is healed all the same") {
  FaultScene scene(3, 0, SandboxMode::kLoopback, {}, 30'000);
  const auto nobody = inject(scene, "migrate-then-pause", {{"who", "source-replica"}});
  CHECK_THAT(nobody.record.error, Contains("has no replica"));
  auto empty = inject(scene, "migrate-then-pause", {});
  CHECK_FALSE(empty.record.verified_active());
  CHECK_THAT(empty.record.error, Contains("holds no key"));
  heal(empty);
}
