// The faults that the disk gate makes, on real servers: the disk answers so, the server does what its rules
// say, and what it had synced is there after a loss of power.
#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <thread>

#include "harness/faults/data_test_support.h"
#include "harness/faults/disk/impede.h"

using namespace harness;
using namespace std::chrono_literals;
using Catch::Contains;
using nlohmann::json;

namespace {

FaultScene gated_scene(Persistence persistence, int replicas = 0) {
  return FaultScene(3, replicas, SandboxMode::kLoopback, [&](ClusterOptions& options) {
    options.persistence = persistence;
    options.disk_gate = true;
  });
}

/// Writes to n1 all the time, so that its disk is asked.
class Writer {
 public:
  explicit Writer(Node& node)
      : thread_([&node](const std::stop_token& stop) {
          for (int i = 0; !stop.stop_requested(); ++i) {
            (void)ask(node, {"SET", key(i % 100), std::to_string(i)});
            std::this_thread::yield();
          }
        }) {}

 private:
  std::jthread thread_;
};

void check_active(const FaultScene::Injected& injected, const std::string& evidence) {
  INFO(injected.record.error);
  CHECK(injected.record.verified_active());
  CHECK_THAT(injected.record.evidence, Contains(evidence));
}

void check_healed(FaultScene::Injected& injected) {
  injected.active->heal(injected.record);
  INFO(injected.record.error);
  CHECK(injected.record.verified_healed());
  CHECK_THAT(injected.record.evidence, Contains("calls answered so"));
  const Nanos healed = injected.record.healed;
  injected.active->heal(injected.record);  // idempotent
  CHECK(injected.record.healed == healed);
}

}  // namespace

TEST_CASE("the words for files mean what servers call theirs") {
  for (const char* aof : {"/d/appendonlydir/appendonly.aof.1.incr.aof", "/d/appendonly.aof.manifest",
                          "/d/appendonlydir/appendonly.aof.1.base.rdb", "/d/temp-rewriteaof-bg-7.aof"}) {
    CHECK(is_impeded("aof", aof));
    CHECK_FALSE(is_impeded("rdb", aof));
    CHECK_FALSE(is_impeded("nodes.conf", aof));
    CHECK(is_impeded("any", aof));
  }
  CHECK(is_impeded("rdb", "/d/dump.rdb"));
  CHECK(is_impeded("rdb", "/d/temp-17.rdb"));
  CHECK(is_impeded("nodes.conf", "/n1/nodes.conf.tmp-17-4"));
}

TEST_CASE("with a full disk a master refuses writes, and takes them again") {
  FaultScene scene = gated_scene(Persistence::kAppendEverysec);
  Node& node = scene.node(0);
  REQUIRE(writes(node, key(0)));
  const Writer writer(node);
  auto full = scene.inject("disk-full", "n1", Parameters(json{{"file", "aof"}}));
  check_active(full, "the disk of n1 answered so");
  std::string answer;
  CHECK(wait_for(10s, [&] {
    answer = ask(node, {"SET", key(1), "v"});
    return answer.find("MISCONF") != std::string::npos;
  }));
  INFO(answer);
  check_healed(full);
  CHECK(writes(node, key(2)));
  CHECK(node.gate()->rules() == 0);
}

TEST_CASE("a sync that fails ends a master that must not answer without one") {
  FaultScene scene = gated_scene(Persistence::kAppendAlways);
  Node& node = scene.node(0);
  REQUIRE(writes(node, key(0)));
  const Writer writer(node);
  auto error = scene.inject("disk-error", "n1", Parameters(json{{"file", "aof"}, {"on", "fsync"}}));
  check_active(error, "answered so");
  REQUIRE(node.wait_for_end(20s));
  REQUIRE(error.record.effects.size() == 1);
  CHECK(error.record.effects[0].excuses.exits);
  check_healed(error);
  node.start();
  node.wait_until_answering(20s);
  CHECK(holds(node, key(0)));
}

TEST_CASE("a slow disk holds answers back under append-always") {
  FaultScene scene = gated_scene(Persistence::kAppendAlways);
  Node& node = scene.node(0);
  REQUIRE(writes(node, key(0)));
  const Writer writer(node);
  auto slow = scene.inject("disk-slow", "n1", Parameters(json{{"delay", 300}}));
  if (!slow.record.verified_active()) FAIL(slow.record.error);
  const auto began = std::chrono::steady_clock::now();
  CHECK_THAT(ask(node, {"SET", key(2), "v"}), Contains("OK"));
  CHECK(std::chrono::steady_clock::now() - began >= 250ms);
  CHECK(slow.record.effects[0].delay_ms == 300);
  check_healed(slow);
}

TEST_CASE("after a short write the append-only file has no half a record in it") {
  FaultScene scene = gated_scene(Persistence::kAppendEverysec);
  Node& node = scene.node(0);
  REQUIRE(writes(node, key(0)));
  {
    const Writer writer(node);
    auto cut = scene.inject("short-write", "n1", Parameters(json{{"file", "aof"}, {"bytes", 7}}));
    check_active(cut, "answered so");
    check_healed(cut);
  }
  REQUIRE(writes(node, key(200)));
  node.kill();
  node.start();
  node.wait_until_answering(30s);
  CHECK(holds(node, key(200)));
}

TEST_CASE("a loss of power takes what was not synced, and under append-always nothing else") {
  FaultScene scene = gated_scene(Persistence::kAppendAlways, 1);
  for (int i = 0; i < 20; ++i) REQUIRE(writes(scene.node(0), key(i)));
  const auto loss = scene.inject("power-loss", "all");
  check_active(loss, "n1 lost ");
  // nodes.conf may lose bytes: servers do not sync it after every change.
  CHECK_THAT(loss.record.evidence, !Contains(".aof "));
  CHECK(loss.record.error.empty());
  CHECK(loss.record.nodes.size() == 6);
  for (int i = 0; i < 20; ++i) CHECK(holds(scene.node(0), key(i)));
  CHECK(wait_for(40s, [&] { return !scene.cluster().why_not_settled(scene.cluster().look()); }));
}

TEST_CASE("a loss of power takes writes that no sync covers") {
  FaultScene scene = gated_scene(Persistence::kAppendNo);
  REQUIRE(writes(scene.node(0), key(0)));
  const auto loss = scene.inject("power-loss", "n1");
  check_active(loss, "n1 lost ");
  REQUIRE_FALSE(loss.record.effects.empty());
  CHECK(loss.record.effects[0].lost_bytes > 0);
  CHECK_FALSE(holds(scene.node(0), key(0)));
}

TEST_CASE("a disk that nothing asks holds nobody up for longer than the fault is wanted") {
  FaultScene scene = gated_scene(Persistence::kStock);
  scene.context().hold = 300 * kMillisecond;
  auto full = scene.inject("disk-full", "n1", Parameters(json{{"file", "aof"}}));
  CHECK_FALSE(full.record.verified_active());
  CHECK(full.record.error == "nothing asked the disk in 0.3 s");
  REQUIRE(full.active);
  full.active->heal(full.record);
  CHECK(scene.node(0).gate()->rules() == 0);
}

TEST_CASE("without a gate the faults say so") {
  FaultScene scene(3, 0);
  for (const char* name : {"disk-full", "disk-error", "disk-slow", "short-write", "power-loss"}) {
    const auto refused = scene.inject(name, "n1");
    CHECK_THAT(refused.record.error, Contains("without a disk gate"));
    CHECK(refused.active == nullptr);
    CHECK_FALSE(refused.record.verified_active());
  }
  CHECK(scene.node(0).running());
}

TEST_CASE("200 disk faults leave nothing behind", "[cycles]") {
  FaultScene scene = gated_scene(Persistence::kAppendEverysec);
  Node& node = scene.node(0);
  REQUIRE(writes(node, key(0)));
  const Writer writer(node);
  const auto open_files = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
  };
  const auto before = open_files();
  for (int i = 0; i < 200; ++i) {
    auto slow = scene.inject("disk-slow", "n1", Parameters(json{{"delay", 1}, {"on", "write"}}));
    REQUIRE(slow.record.verified_active());
    slow.active->heal(slow.record);
    REQUIRE(slow.record.verified_healed());
  }
  CHECK(node.gate()->rules() == 0);
  CHECK(open_files() <= before + 2);  // the writer's own connection comes and goes
  CHECK(writes(node, key(1)));
}
