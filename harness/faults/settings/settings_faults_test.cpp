// Faults of settings, users and data, on real servers: they take effect, are verified, and are taken back.
#include "harness/faults/administration_test_support.h"
#include "harness/faults/data_test_support.h"

using namespace harness;
using namespace std::chrono_literals;
using Catch::Contains;

TEST_CASE("a node serves at another port, which all others learn, and at the old one again") {
  FaultScene scene(3, 1);
  Node& node = scene.node(0);
  auto elsewhere = inject(scene, "port-change", "n1", {{"port", 7'379}});
  check_active(elsewhere.record, EffectKind::kConfig);
  CHECK(node.port() == 7'379);
  CHECK(answers(node));
  CHECK_FALSE(Connection::open(node.ip(), node.configured_port(), {}));
  CHECK(scene.cluster().node_at(node.ip(), 7'379) == 0);
  CHECK_THAT(ask_node(scene, 1, {"CLUSTER", "NODES"}),
             Contains(node.ip() + ":7379@" + std::to_string(node.configured_port() + 10'000)));

  SECTION("healed") {
    heal(elsewhere);
    CHECK(node.port() == node.configured_port());
    CHECK(answers(node));
    CHECK_FALSE(Connection::open(node.ip(), 7'379, {}));
    CHECK_THAT(ask_node(scene, 1, {"CLUSTER", "NODES"}), !Contains(":7379@"));
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

TEST_CASE("a directive is set at some nodes and put back, one that does not exist is an error") {
  FaultScene scene(3, 0);
  std::string problem;
  auto set = inject(scene, "config-set", "n1,n2", {{"name", "maxmemory-samples"}, {"value", "9"}});
  check_active(set.record, EffectKind::kConfig);
  CHECK(tell(scene.node(0), {"CONFIG", "GET", "maxmemory-samples"}, problem)->elements.at(1).text == "9");
  heal(set);
  CHECK(tell(scene.node(1), {"CONFIG", "GET", "maxmemory-samples"}, problem)->elements.at(1).text == "5");
  const auto none = inject(scene, "config-set", "n1", {{"name", "no-such"}, {"value", "1"}});
  CHECK_THAT(none.record.error, Contains("no directive"));
  CHECK_FALSE(none.record.verified_active());
}

TEST_CASE("clients wait while they are paused, and until the last pause has ended") {
  FaultScene scene(3, 0);
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
  CHECK_THAT(first.record.evidence, Contains("another pause goes on"));
  CHECK_FALSE(answers(scene.node(1)));
  heal(second);
  CHECK(answers(scene.node(1)));
}

TEST_CASE("scripts are forgotten, and data is removed at all masters") {
  FaultScene scene(3, 0);
  check_active(inject(scene, "script-flush", "masters").record, EffectKind::kConfig);
  fill(scene, 50);
  CHECK(keys_held(scene) == 50);
  check_active(inject(scene, "flush", "masters").record, EffectKind::kData);
  CHECK(keys_held(scene) == 0);
}

TEST_CASE("clients lose commands and get them back, a name is announced and taken back") {
  FaultScene scene(3, 0);
  auto denied = scene.inject("acl-change", "n1");
  INFO(denied.record.error);
  CHECK(denied.record.verified_active());
  CHECK(denied.record.effects[0].kind == EffectKind::kClients);
  CHECK_THAT(ask_node(scene, 0, {"SET", "k", "v"}), Contains("NOPERM"));
  heal(denied);
  CHECK_THAT(ask_node(scene, 0, {"SET", "k", "v"}), !Contains("NOPERM"));
  CHECK_THAT(ask_node(scene, 0, {"ACL", "GETUSER", "harness-healer"}), Contains("nil"));

  auto all = scene.inject("acl-change", "n2", Parameters(nlohmann::json{{"deny", "@all"}}));
  CHECK(all.record.verified_active());
  CHECK_THAT(ask_node(scene, 1, {"PING"}), Contains("NOPERM"));
  heal(all);
  CHECK(ask_node(scene, 1, {"PING"}) == "PONG");

  auto renamed =
      scene.inject("announce-change", "n3", Parameters(nlohmann::json{{"hostname", "other.example"}}));
  INFO(renamed.record.error);
  CHECK(renamed.record.verified_active());
  CHECK_THAT(ask_node(scene, 0, {"CLUSTER", "NODES"}), Contains("other.example"));
  heal(renamed);
  CHECK_THAT(ask_node(scene, 0, {"CLUSTER", "NODES"}), !Contains("other.example"));
}

TEST_CASE("a node without memory refuses writes, serves reads, and takes writes again") {
  FaultScene scene(3, 0);
  Node& node = scene.node(0);
  REQUIRE(writes(node, key(0)));
  auto full = scene.inject("memory", "n1", Parameters(nlohmann::json{{"percent", 50}}));
  INFO(full.record.error);
  REQUIRE(full.record.verified_active());
  CHECK_THAT(ask(node, {"SET", key(1), "v"}), Contains("OOM"));
  CHECK_THAT(ask(node, {"GET", key(0)}), Contains("v"));
  CHECK(full.record.effects.size() == 1);
  heal(full);
  CHECK_THAT(ask(node, {"SET", key(1), "v"}), Contains("OK"));
  CHECK_THAT(ask(node, {"INFO", "memory"}), Contains("maxmemory:0\r\n"));

  auto evicts =
      scene.inject("memory", "n1", Parameters(nlohmann::json{{"percent", 50}, {"policy", "allkeys-lru"}}));
  CHECK(std::ranges::count(evicts.record.effects, EffectKind::kData, &Effect::kind) == 1);
  heal(evicts);
}
