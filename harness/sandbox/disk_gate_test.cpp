// The disk gate on real processes: what they ask of the disk is answered as the rules say, and with no rule
// nothing is changed.
#include "harness/sandbox/disk_gate.h"

#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <thread>

#include "harness/core/wait.h"
#include "harness/sandbox/child.h"
#include "harness/sandbox/namespace_test_support.h"

using namespace harness;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Scene {
  ScratchFolder folder;
  fs::path data = folder.path / "data";
  DiskGate gate{{data}};
  Scene() { fs::create_directories(data); }

  ChildOptions program(const std::string& script) {
    ChildOptions options;
    options.argv = {"python3", "-c", script};
    options.directory = data;
    options.output = folder.path / "output";
    options.gate = &gate;
    return options;
  }
  /// What the script printed.
  std::string run(const std::string& script) {
    fs::remove(folder.path / "output");
    Child child(program(script));
    const auto end = child.wait_for(30s);
    require_that(end.has_value(), "the script ends");
    return read(folder.path / "output");
  }
};

/// Appends and syncs; prints the error, or what was written.
const std::string kAppend =
    "import os\n"
    "f = os.open('a.aof', os.O_WRONLY | os.O_APPEND | os.O_CREAT)\n"
    "try:\n"
    "  n = os.write(f, b'0123456789')\n"
    "  os.fsync(f)\n"
    "  print(n)\n"
    "except OSError as e: print(e.errno)\n";

}  // namespace

TEST_CASE("the machine lets system calls be answered") {
  CHECK(why_no_disk_gate().empty());
}

TEST_CASE("without a rule all goes on, and what was synced is known") {
  Scene scene;
  CHECK(scene.run(kAppend + "os.write(f, b'abc')\n") == "10\n");
  CHECK(scene.gate.calls() >= 3);
  CHECK(read(scene.data / "a.aof") == "0123456789abc");
  const auto losses = scene.gate.files().lose_the_rest();
  REQUIRE(losses.size() == 1);
  CHECK(losses[0].lost == 3);
  CHECK(read(scene.data / "a.aof") == "0123456789");
}

TEST_CASE("a rename carries over what was synced, by relative names too") {
  Scene scene;
  scene.run(
      "import os\n"
      "f = os.open('temp', os.O_WRONLY | os.O_CREAT)\n"
      "os.write(f, b'whole'); os.fsync(f); os.rename('temp', 'final')\n"
      "g = os.open('temp2', os.O_WRONLY | os.O_CREAT)\n"
      "os.write(g, b'hole'); d = os.open('.', os.O_RDONLY)\n"
      "os.rename('temp2', 'final2', src_dir_fd=d, dst_dir_fd=d)\n");
  scene.gate.files().lose_the_rest();
  CHECK(read(scene.data / "final") == "whole");
  CHECK(read(scene.data / "final2").empty());
}

TEST_CASE("rules answer writes and syncs, until they are removed") {
  Scene scene;
  DiskRule rule;
  std::string expected;
  SECTION("no space") {
    rule.on_write = true;
    rule.error = ENOSPC;
    expected = std::to_string(ENOSPC) + "\n";
  }
  SECTION("a sync that fails") {
    rule.on_sync = true;
    rule.error = EIO;
    expected = std::to_string(EIO) + "\n";
  }
  SECTION("a short write") {
    rule.on_write = true;
    rule.shorten = 4;
    expected = "4\n";
  }
  const int number = scene.gate.add(rule);
  CHECK(scene.run(kAppend) == expected);
  CHECK(scene.gate.answered(number) == 1);
  if (rule.shorten >= 0) CHECK(read(scene.data / "a.aof") == "0123");
  scene.gate.remove(number);
  CHECK(scene.run(kAppend) == "10\n");
  CHECK(scene.gate.rules() == 0);
}

TEST_CASE("a rule is for the files that it picks alone") {
  Scene scene;
  DiskRule rule;
  rule.on_write = true;
  rule.error = ENOSPC;
  rule.file = [](const fs::path& file) { return file.filename() == "other"; };
  const int number = scene.gate.add(rule);
  CHECK(scene.run(kAppend) == "10\n");
  CHECK(scene.gate.answered(number) == 0);
}

TEST_CASE("a slow disk holds calls back, each for itself, and lets them go when the rule does") {
  Scene scene;
  DiskRule rule;
  rule.on_sync = true;
  rule.delay = 300ms;
  const int number = scene.gate.add(rule);
  const auto began = std::chrono::steady_clock::now();
  CHECK(scene.run(kAppend) == "10\n");
  CHECK(std::chrono::steady_clock::now() - began >= 300ms);
  scene.gate.remove(number);

  rule.delay = 1h;
  const int endless = scene.gate.add(rule);
  Child child(scene.program(kAppend));
  REQUIRE(wait_for(20s, [&] { return scene.gate.held_back() == 1; }));
  CHECK_FALSE(child.poll().has_value());
  scene.gate.remove(endless);
  REQUIRE(child.wait_for(20s));
  CHECK(scene.gate.held_back() == 0);
}

TEST_CASE("a process that is killed while its call waits leaves nothing behind") {
  Scene scene;
  DiskRule rule;
  rule.on_sync = true;
  rule.delay = 1h;
  scene.gate.add(rule);
  for (int i = 0; i < 3; ++i) {
    Child child(scene.program(kAppend));
    REQUIRE(wait_for(20s, [&] { return scene.gate.held_back() == 1; }));
    child.signal(SIGKILL);
    REQUIRE(child.wait_for(20s));
    CHECK(wait_for(20s, [&] { return scene.gate.held_back() == 0; }));
  }
}

TEST_CASE("a program that cannot be started is told, gate or no gate") {
  Scene scene;
  ChildOptions options;
  options.argv = {"/nowhere/server"};
  options.gate = &scene.gate;
  CHECK_THROWS_WITH(Child(options), Catch::Contains("cannot start /nowhere/server"));
}

TEST_CASE("the gate costs microseconds a call") {
  Scene scene;
  const std::string script =
      "import os, time\n"
      "f = os.open('a', os.O_WRONLY | os.O_APPEND | os.O_CREAT)\n"
      "t = time.monotonic()\n"
      "for i in range(5000): os.write(f, b'x')\n"
      "print((time.monotonic() - t) / 5000 * 1e6)\n";
  const double gated = std::stod(scene.run(script));
  ChildOptions free = scene.program(script);
  free.gate = nullptr;
  fs::remove(scene.folder.path / "output");
  Child child(free);
  REQUIRE(child.wait_for(30s));
  const double plain = std::stod(read(scene.folder.path / "output"));
  WARN("a write takes " << gated << " us through the gate, " << plain << " us without");
  CHECK(gated < 2000);
}
