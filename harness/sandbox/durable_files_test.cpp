// What a loss of power takes: everything that was not synced, and nothing that was.
#include "harness/sandbox/durable_files.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

#include "harness/sandbox/namespace_test_support.h"

using namespace harness;
namespace fs = std::filesystem;

namespace {

void write(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Scene {
  ScratchFolder folder;
  fs::path data = folder.path / "data";
  fs::path conf = folder.path / "nodes.conf";
  DurableFiles files{{data, conf}};
  Scene() { fs::create_directories(data / "appendonlydir"); }
};

}  // namespace

TEST_CASE("an appended file is cut where it was synced, one that never was is left empty") {
  Scene scene;
  const fs::path synced = scene.data / "appendonlydir" / "a.aof";
  const fs::path never = scene.data / "b.aof";
  write(synced, "12345");
  scene.files.synced(synced, true);
  write(synced, "1234567890");
  write(never, "lost");
  const auto losses = scene.files.lose_the_rest();
  CHECK(read(synced) == "12345");
  CHECK(read(never).empty());
  REQUIRE(losses.size() == 2);
  for (const auto& loss : losses) {
    const bool appended = loss.path == synced;
    CHECK(loss.before == (appended ? 10 : 4));
    CHECK(loss.after == (appended ? 5 : 0));
    CHECK(loss.lost == (appended ? 5 : 4));
  }
  CHECK(scene.files.lose_the_rest().empty());  // there is nothing left to lose
}

TEST_CASE("a file that is written anywhere has its content of then again") {
  Scene scene;
  write(scene.conf, "epoch 5");
  scene.files.synced(scene.conf, false);
  write(scene.conf, "epoch 6");
  const auto losses = scene.files.lose_the_rest();
  CHECK(read(scene.conf) == "epoch 5");
  REQUIRE(losses.size() == 1);
  CHECK(losses[0].lost == 7);
}

TEST_CASE("what was synced before a rename is there under its new name") {
  Scene scene;
  const fs::path temporary = scene.data / "temp-1.rdb";
  const fs::path snapshot = scene.data / "dump.rdb";
  write(snapshot, "an older one");
  scene.files.synced(snapshot, false);
  write(temporary, "whole");
  SECTION("synced") {
    scene.files.synced(temporary, false);
    fs::rename(temporary, snapshot);
    scene.files.renamed(temporary, snapshot);
    CHECK(scene.files.lose_the_rest().empty());
    CHECK(read(snapshot) == "whole");
  }
  SECTION("not synced: the older file is there again") {
    fs::rename(temporary, snapshot);
    scene.files.renamed(temporary, snapshot);
    CHECK(scene.files.lose_the_rest().size() == 1);
    CHECK(read(snapshot) == "an older one");
  }
}

TEST_CASE("only the server's own files count") {
  Scene scene;
  CHECK(scene.files.owns(scene.conf));
  CHECK(scene.files.owns(scene.folder.path / "nodes.conf.tmp-17-3"));
  CHECK(scene.files.owns(scene.data / "appendonlydir" / "a.aof"));
  CHECK_FALSE(scene.files.owns(scene.folder.path / "server.log"));
  CHECK_FALSE(scene.files.owns(scene.folder.path / "database"));
  CHECK_FALSE(scene.files.owns("socket:[123]"));
  write(scene.folder.path / "server.log", "a line");
  CHECK(scene.files.lose_the_rest().empty());
}
