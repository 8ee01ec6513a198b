// The faults of administration on real servers: what they do shows in the views, and is healed.
#include "harness/faults/administration.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "harness/core/wait.h"
#include "harness/faults/target.h"
#include "harness/faults/test_support.h"

using namespace harness;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

/// Injects with the given parameters, the rest as the fault's schema has them.
FaultScene::Injected inject(FaultScene& scene, std::string_view name, std::string_view target,
                            const nlohmann::json& given = nlohmann::json::object()) {
  std::string problem;
  REQUIRE(find_fault(name) != nullptr);
  const Parameters with = complete(find_fault(name)->parameters, given, problem);
  REQUIRE(problem == "");
  return scene.inject(name, target, with);
}

void check_active(const FaultRecord& record, EffectKind kind) {
  INFO(record.fault << " " << record.description << ": " << record.error);
  CHECK(record.verified_active());
  CHECK(record.error.empty());
  CHECK_FALSE(record.evidence.empty());
  REQUIRE_FALSE(record.effects.empty());
  CHECK(record.effects[0].kind == kind);
  CHECK(record.effects[0].nodes == record.nodes);
}

void heal(FaultScene::Injected& injected) {
  REQUIRE(injected.active);
  injected.active->heal(injected.record);
  INFO(injected.record.error);
  CHECK(injected.record.verified_healed());
  const Nanos healed = injected.record.healed;
  injected.active->heal(injected.record);
  CHECK(injected.record.healed == healed);  // once is enough
}

std::string ask(FaultScene& scene, int node, const Command& command) {
  std::string problem;
  const auto reply = tell(scene.node(node), command, problem);
  return reply ? reply->describe() : problem;
}

void settle(FaultScene& scene) {
  std::string why;
  const bool settled = wait_for(60s, [&] {
    why = scene.cluster().why_not_settled(scene.cluster().look()).value_or("");
    return why.empty();
  });
  INFO("not settled: " << why);
  REQUIRE(settled);
}

bool answers(Node& node) {
  std::string problem;
  return tell(node, {"PING"}, problem, 200ms).has_value();
}

/// Keys of n1's slots, so that slots that move are not empty.
void fill(FaultScene& scene, int keys) {
  const Roles roles = scene.cluster().look();
  for (int i = 0; i < keys; ++i) {
    const std::string key = "key" + std::to_string(i);
    REQUIRE(ask(scene, *roles.master_of_slot(slot_of(key)), {"SET", key, "v" + std::to_string(i)}) == "OK");
  }
}

int keys_held(FaultScene& scene) {
  int sum = 0;
  for (const int master : scene.cluster().look().masters()) sum += std::stoi(ask(scene, master, {"DBSIZE"}));
  return sum;
}

}  // namespace

TEST_CASE("a node that hangs by a command or a script hangs until it is healed") {
  FaultScene scene(3, 0);
  auto sleep = inject(scene, "debug-sleep", "n2", {{"seconds", 1.5}});
  check_active(sleep.record, EffectKind::kStopped);
  CHECK_FALSE(answers(scene.node(1)));
  heal(sleep);
  CHECK(answers(scene.node(1)));

  auto busy = inject(scene, "busy", "n1");
  check_active(busy.record, EffectKind::kStopped);
  CHECK_FALSE(answers(scene.node(0)));
  heal(busy);
  CHECK(answers(scene.node(0)));
  {
    const auto forgotten = inject(scene, "busy", "n3");
    CHECK_FALSE(answers(scene.node(2)));
  }
  wait_until("n3 to be rid of its script", 30s, [&] { return answers(scene.node(2)); });
}

TEST_CASE("a server shuts down in order, and all of them roll") {
  FaultScene scene(3, 1);
  const auto ended = inject(scene, "terminate", "n4");
  check_active(ended.record, EffectKind::kDown);
  CHECK_FALSE(scene.node(3).running());
  CHECK(scene.node(3).incarnations({}).back().expected);
  CHECK_THAT(inject(scene, "terminate", "n4").record.error, Contains("does not run"));
  CHECK(scene.inject("restart", "n4").record.verified_active());
  settle(scene);

  std::vector<int> before;
  for (int node = 0; node < 6; ++node) before.push_back(scene.node(node).pid());
  const auto rolled = inject(scene, "rolling-restart", "n5,n4", {{"pause", 0.1}});
  check_active(rolled.record, EffectKind::kDown);
  CHECK(rolled.record.nodes == std::vector<int>{4, 3});
  for (int node : {3, 4}) CHECK(scene.node(node).pid() != before[static_cast<std::size_t>(node)]);
  CHECK(scene.node(0).pid() == before[0]);
  CHECK(scene.cluster().look().view(3).replication.link_up);
}

TEST_CASE("handovers: plain, forced and taken over") {
  FaultScene scene(3, 1);
  for (const auto& [mode, node] : {std::pair{"plain", "n4"}, {"force", "n5"}, {"takeover", "n6"}}) {
    CAPTURE(mode);
    const auto handover = inject(scene, "manual-failover", node, {{"mode", mode}});
    check_active(handover.record, EffectKind::kHandover);
    CHECK(handover.record.effects[0].forced == (std::string(mode) != "plain"));
    settle(scene);
  }
  CHECK(scene.cluster().look().masters() == std::vector<int>{3, 4, 5});
  CHECK_THAT(inject(scene, "manual-failover", "n4").record.error, Contains("n4 answered CLUSTER FAILOVER"));
}

namespace {

/// Whether the fault took hold. In some clusters (one of five) of redis 7.0.15 one of the slots ended without
/// an owner; why is not known. Then the fault has to say so.
bool moved_whole(const FaultRecord& record) {
  if (!record.verified_active()) {
    CHECK_THAT(record.error, Contains("owner") || Contains("slot"));
    return false;
  }
  check_active(record, EffectKind::kMembership);
  return true;
}

/// False when the servers lost a slot on the way.
bool there_and_back(FaultScene& scene) {
  fill(scene, 200);
  const auto moved = inject(scene, "move-slots", "n1", {{"slots", 300}, {"to", "n3"}});
  if (!moved_whole(moved.record)) return false;
  CHECK(moved.record.nodes == std::vector<int>{0, 2});
  CHECK(slots_of(scene.cluster().look(), 0).size() == 5461 - 300);
  CHECK(keys_held(scene) == 200);

  const auto back = inject(scene, "move-slots", "n2", {{"slots", 20}, {"back", true}});
  if (!moved_whole(back.record)) return false;
  CHECK_THAT(back.record.evidence, Contains("from n2 to") && Contains("to n2"));
  CHECK(slots_of(scene.cluster().look(), 1).size() == 5462);
  CHECK(keys_held(scene) == 200);
  CHECK_THAT(inject(scene, "move-slots", "n1", {{"to", "n1"}}).record.error, Contains("there already"));

  const auto level = inject(scene, "rebalance", "masters", {{"most", 16384}});
  if (!moved_whole(level.record)) return false;
  CHECK(keys_held(scene) == 200);
  std::vector<std::size_t> shares;
  std::size_t owned = 0;
  (void)wait_for(90s, [&] {  // until the owners have heard of each other; what it came to is checked below
    const Roles roles = scene.cluster().look();
    shares.clear();
    for (int node = 0; node < 3; ++node) shares.push_back(slots_of(roles, node).size());
    owned = shares[0] + shares[1] + shares[2];
    return owned == kSlotCount;
  });
  CHECK(owned <= kSlotCount);
  for (const std::size_t share : shares) {
    CHECK(share >= 5460 - (kSlotCount - owned));
    CHECK(share <= 5463);
  }
  return owned == kSlotCount;
}

}  // namespace

TEST_CASE("slots move with their keys, there and back") {
  bool whole = false;
  for (int attempt = 0; attempt < 3 && !whole; ++attempt) {
    FaultScene scene(3, 0);
    whole = there_and_back(scene);
  }
  CHECK(whole);
}

TEST_CASE("a slot that cannot be moved is left as it was, and the fault says why") {
  FaultScene scene(3, 0);
  scene.node(2).kill();
  const auto failed = inject(scene, "move-slots", "n1", {{"slots", 2}, {"to", "n3"}});
  CHECK_FALSE(failed.record.verified_active());
  CHECK_THAT(failed.record.error, Contains("no connection to n3"));
  const Roles roles = scene.cluster().look();
  CHECK(roles.view(0).topology.myself()->migrating.empty());
  CHECK(slots_of(roles, 0).size() == 5461);
}

TEST_CASE("a cluster shrinks and grows: nodes leave, and join as masters and replicas") {
  FaultScene scene(3, 1);
  fill(scene, 100);
  const auto left = inject(scene, "remove-node", "n6");
  check_active(left.record, EffectKind::kMembership);
  CHECK(members(scene.cluster().look()) == std::vector<int>{0, 1, 2, 3, 4});

  const auto joined = inject(scene, "add-master", "spare", {{"slots", 90}});
  check_active(joined.record, EffectKind::kMembership);
  CHECK(joined.record.nodes == std::vector<int>{5});
  CHECK(slots_of(scene.cluster().look(), 5).size() == 90);
  CHECK(keys_held(scene) == 100);

  const auto gone = inject(scene, "remove-node", "n6");
  check_active(gone.record, EffectKind::kMembership);
  CHECK(keys_held(scene) == 100);
  CHECK(scene.cluster().look().masters() == std::vector<int>{0, 1, 2});

  const auto replica = inject(scene, "add-replica", "spare", {{"of", "n3"}});
  check_active(replica.record, EffectKind::kMembership);
  CHECK(scene.cluster().look().replicas_of(2) == std::vector<int>{5});
  settle(scene);
  CHECK_THAT(inject(scene, "add-replica", "spare").record.error, Contains("no spare node"));
}

TEST_CASE("a replica is given away, and a node is forgotten and met again") {
  FaultScene scene(3, 1);
  const auto given = inject(scene, "replicate", "n4", {{"of", "n2"}});
  check_active(given.record, EffectKind::kMembership);
  CHECK(scene.cluster().look().replicas_of(1) == std::vector<int>{3, 4});

  auto forgotten = inject(scene, "forget-and-meet", "n6");
  check_active(forgotten.record, EffectKind::kMembership);
  CHECK(why_not_known(scene.cluster(), scene.cluster().look(), 5, true));
  heal(forgotten);
  CHECK_FALSE(why_not_known(scene.cluster(), scene.cluster().look(), 5, true));
}

TEST_CASE("a node serves at another port, which all others learn, and at the old one again") {
  FaultScene scene(3, 1);
  Node& node = scene.node(0);
  auto elsewhere = inject(scene, "port-change", "n1", {{"port", 7'379}});
  check_active(elsewhere.record, EffectKind::kConfig);
  CHECK(node.port() == 7'379);
  CHECK(answers(node));
  CHECK_FALSE(Connection::open(node.ip(), node.configured_port(), {}));
  CHECK(scene.cluster().node_at(node.ip(), 7'379) == 0);
  CHECK_THAT(ask(scene, 1, {"CLUSTER", "NODES"}),
             Contains(node.ip() + ":7379@" + std::to_string(node.configured_port() + 10'000)));

  SECTION("healed") {
    heal(elsewhere);
    CHECK(node.port() == node.configured_port());
    CHECK(answers(node));
    CHECK_FALSE(Connection::open(node.ip(), 7'379, {}));
    CHECK_THAT(ask(scene, 1, {"CLUSTER", "NODES"}), !Contains(":7379@"));
    settle(scene);
  }
  SECTION("a node that starts anew does so where it is configured") {
    node.kill();
    node.start();
    node.wait_until_answering(20s);
    CHECK(node.port() == node.configured_port());
    heal(elsewhere);
    settle(scene);
  }
}

TEST_CASE("settings, epochs, scripts, clients and data") {
  FaultScene scene(3, 0);
  auto set = inject(scene, "config-set", "n1,n2", {{"name", "maxmemory-samples"}, {"value", "9"}});
  check_active(set.record, EffectKind::kConfig);
  std::string problem;
  CHECK(tell(scene.node(0), {"CONFIG", "GET", "maxmemory-samples"}, problem)->elements.at(1).text == "9");
  heal(set);
  CHECK(tell(scene.node(1), {"CONFIG", "GET", "maxmemory-samples"}, problem)->elements.at(1).text == "5");
  const auto none = inject(scene, "config-set", "n1", {{"name", "no-such"}, {"value", "1"}});
  CHECK_THAT(none.record.error, Contains("no directive"));
  CHECK_FALSE(none.record.verified_active());

  check_active(inject(scene, "bump-epoch", "n1").record, EffectKind::kConfig);
  check_active(inject(scene, "script-flush", "masters").record, EffectKind::kConfig);

  for (const char* mode : {"write", "all"}) {
    CAPTURE(mode);
    auto paused = inject(scene, "client-pause", "n2", {{"mode", mode}, {"time", 1500}});
    check_active(paused.record, EffectKind::kClients);
    CHECK(answers(scene.node(1)) == (std::string(mode) == "write"));
    heal(paused);
    CHECK(answers(scene.node(1)));
  }
  auto first = inject(scene, "client-pause", "n2", {{"mode", "all"}, {"time", 3000}});
  auto second = inject(scene, "client-pause", "n2", {{"mode", "all"}, {"time", 3000}});
  heal(first);
  CHECK_THAT(first.record.evidence, Catch::Contains("another pause goes on"));
  CHECK_FALSE(answers(scene.node(1)));
  heal(second);
  CHECK(answers(scene.node(1)));

  fill(scene, 50);
  CHECK(keys_held(scene) == 50);
  check_active(inject(scene, "flush", "masters").record, EffectKind::kData);
  CHECK(keys_held(scene) == 0);
}
