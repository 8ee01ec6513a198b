// The faults that damage files, on real servers: the file is damaged as the record says, the server makes of
// it what its rules say, and nothing is left behind.
#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <thread>

#include "harness/faults/data_test_support.h"
#include "harness/faults/disk/aof_records.h"
#include "harness/faults/disk/data_files.h"

using namespace harness;
using Catch::Contains;
using nlohmann::json;

namespace {

FaultScene persistent_scene(Persistence persistence = Persistence::kAppendAlways) {
  return FaultScene(3, 0, SandboxMode::kLoopback,
                    [&](ClusterOptions& options) { options.persistence = persistence; });
}

std::string bytes_of(Node& node, DataFile file) {
  std::string problem;
  const auto path = find_data_file(node.files(), file, problem);
  return path ? read_data_file(*path) : "no file: " + problem;
}

void check_done(const FaultScene::Injected& injected, const std::string& evidence) {
  INFO(injected.record.error);
  INFO(injected.record.evidence);
  CHECK(injected.record.error.empty());
  CHECK(injected.record.verified_active());
  CHECK_THAT(injected.record.evidence, Contains(evidence));
  CHECK(injected.active == nullptr);
}

bool has_kind(const FaultRecord& record, EffectKind kind) {
  return std::ranges::count(record.effects, kind, &Effect::kind) == 1;
}

}  // namespace

TEST_CASE("file-truncate cuts the last record of the append-only file, and nothing else is lost") {
  FaultScene scene = persistent_scene();
  Node& node = scene.node(0);
  for (int i = 0; i < 10; ++i) REQUIRE(writes(node, key(i)));
  const std::string before = bytes_of(node, DataFile::kAof);
  const auto cut = scene.inject("file-truncate", "n1");
  check_done(cut, "1 of 11 records lost; n1 answers as process " + std::to_string(node.pid()));
  CHECK(before.starts_with(bytes_of(node, DataFile::kAof)));
  CHECK(holds(node, key(8)));
  CHECK_FALSE(holds(node, key(9)));
  CHECK(has_kind(cut.record, EffectKind::kDown));
  CHECK(has_kind(cut.record, EffectKind::kStart));
  REQUIRE(has_kind(cut.record, EffectKind::kDisk));
  const auto disk = std::ranges::find(cut.record.effects, EffectKind::kDisk, &Effect::kind);
  CHECK(disk->excuses.lost_data);
  CHECK_FALSE(disk->excuses.lost_views);
  for (const Incarnation& life : node.incarnations({})) CHECK(life.expected == (life.ended != kNever));
}

TEST_CASE("file-truncate inside a transaction leaves none of it") {
  FaultScene scene = persistent_scene();
  Node& node = scene.node(0);
  REQUIRE(writes(node, key(0)));
  const std::string script = "redis.call('SET', KEYS[1], 1) redis.call('SET', KEYS[2], 1) return 1";
  REQUIRE_THAT(ask(node, {"EVAL", script, "2", key(1), key(2)}), Contains("1"));
  REQUIRE(writes(node, key(3)));
  const auto cut = scene.inject("file-truncate", "n1", Parameters(json{{"place", "inside-multi"}}));
  check_done(cut, "records lost");
  CHECK(holds(node, key(0)));
  for (const int lost : {1, 2, 3}) CHECK_FALSE(holds(node, key(lost)));
}

TEST_CASE("a server that refuses a torn file is told, and starts with the file as it was") {
  FaultScene scene = persistent_scene();
  Node& node = scene.node(0);
  for (int i = 0; i < 10; ++i) REQUIRE(writes(node, key(i)));
  const std::string before = bytes_of(node, DataFile::kAof);
  const auto torn = scene.inject("file-torn", "n1", Parameters(json{{"place", "end-100"}, {"bytes", 8}}));
  check_done(torn, "torn: 8 zeros from " + std::to_string(before.size() - 100));
  CHECK_THAT(torn.record.evidence, Contains("n1 refused it, and answers as process"));
  CHECK(bytes_of(node, DataFile::kAof) == before);
  CHECK(holds(node, key(9)));
}

TEST_CASE("without 'mend' or 'restart' the node stays down, with the file as it was damaged") {
  FaultScene scene = persistent_scene();
  REQUIRE(writes(scene.node(0), key(0)));
  const json keep = {{"place", "end-20"}, {"mend", false}};
  check_done(scene.inject("file-torn", "n1", Parameters(keep)), "n1 refused it");
  CHECK_FALSE(scene.node(0).running());
  const std::string before = bytes_of(scene.node(0), DataFile::kAof);
  check_done(scene.inject("file-truncate", "dead", Parameters(json{{"offset", 5}, {"restart", false}})),
             "cut at 5");
  CHECK(bytes_of(scene.node(0), DataFile::kAof) == before.substr(0, 5));
  CHECK_FALSE(scene.node(0).running());
}

TEST_CASE("file-bitflip flips so many bits, drawn from the seed") {
  FaultScene scene = persistent_scene();
  const std::string before = bytes_of(scene.node(1), DataFile::kNodesConf);
  const json with = {{"file", "nodes.conf"}, {"place", "end-30"}, {"bits", 3}, {"restart", false}};
  const auto flipped = scene.inject("file-bitflip", "n2", Parameters(with));
  check_done(flipped, "3 bits flipped from");
  const std::string after = bytes_of(scene.node(1), DataFile::kNodesConf);
  REQUIRE(before.size() == after.size());
  int bits = 0;
  for (std::size_t i = 0; i < before.size(); ++i)
    bits += __builtin_popcount(static_cast<unsigned char>(before[i]) ^ static_cast<unsigned char>(after[i]));
  CHECK(bits == 3);
  CHECK(std::ranges::find(flipped.record.effects, EffectKind::kDisk, &Effect::kind)->excuses.lost_views);
}

TEST_CASE("file-restore puts back what the file was `age` seconds before") {
  FaultScene scene = persistent_scene();
  Node& node = scene.node(2);
  const auto epoch_in = [](const std::string& text, const std::string& before) {
    const auto place = text.find(before);
    require_that(place != std::string::npos, before + " is there");
    return std::stoi(text.substr(place + before.size()));
  };
  {
    // Epochs rise all the time, and n3 saves each that it hears of.
    const std::jthread bumps([&](const std::stop_token& stop) {
      for (int i = 0; !stop.stop_requested(); ++i) {
        (void)ask(scene.node(i % 2), {"CLUSTER", "BUMPEPOCH"});
        (void)scene.cluster().look();
      }
    });
    const json with = {{"file", "nodes.conf"}, {"age", 2.0}, {"restart", false}};
    check_done(scene.inject("file-restore", "n3", Parameters(with)), "put back whole");
  }
  CHECK(epoch_in(bytes_of(node, DataFile::kNodesConf), "vars currentEpoch ") <
        epoch_in(ask(scene.node(0), {"CLUSTER", "INFO"}), "cluster_current_epoch:"));

  const json part = {{"file", "nodes.conf"}, {"age", 0}, {"offset", 1'000'000}, {"bytes", 5}};
  const auto refused = scene.inject("file-restore", "n1", Parameters(part));
  CHECK_FALSE(refused.record.verified_active());
  CHECK_THAT(refused.record.error, Contains("a byte at 1000000"));
  CHECK(scene.node(0).running());
}

TEST_CASE("file faults say what is missing, and leave the node running") {
  FaultScene scene = persistent_scene(Persistence::kNone);
  for (const char* file : {"aof", "rdb"}) {
    const auto none = scene.inject("file-truncate", "n1", Parameters(json{{"file", file}}));
    CHECK_THAT(none.record.error, Contains("it has no " + std::string(file) + " file"));
    CHECK_FALSE(none.record.verified_active());
    CHECK(scene.node(0).running());
  }
  const auto nowhere = scene.inject("file-truncate", "n1",
                                    Parameters(json{{"file", "nodes.conf"}, {"place", "inside-multi"}}));
  CHECK_THAT(nowhere.record.error, Contains("no place 'inside-multi'"));
  CHECK(scene.node(0).running());
}
