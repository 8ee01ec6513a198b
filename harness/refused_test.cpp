// What cannot be: wrong input of every verb, and servers that refuse to start. Each is told with the place
// and the mend, and leaves nothing behind.

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "harness/started.h"

namespace fs = std::filesystem;
using namespace harness;
using namespace harness::test;
using Catch::Contains;

TEST_CASE("bad input is refused with the place, the mend and exit code 2 or 3") {
  struct Line {
    std::vector<std::string> arguments;
    int code;
    std::string says;
  };
  const Scratch scratch;
  std::ofstream(scratch.path / "broken.toml") << "[cluster]\nmasters = = 3\n";
  std::ofstream(scratch.path / "keys.toml") << "[[load]]\n[run]\nfrobnicate = 1\n";
  std::ofstream(scratch.path / "checks.toml") << "[[load]]\n[run]\nchecks = [\"slot-coverag\"]\n";
  std::ofstream(scratch.path / "not-a-server") << "#!/bin/sh\necho hello\n";
  fs::permissions(scratch.path / "not-a-server", fs::perms::all);
  std::ofstream(scratch.path / "plan.json") << "{";
  std::ofstream(scratch.path / "h.jsonl") << "";
  std::ofstream(scratch.path / "micro.jsonl")
      << R"({"time":0,"process":0,"type":"invoke","f":"txn","value":[["r","x",null]]})"
      << "\n"
      << R"({"time":1,"process":0,"type":"ok","f":"txn","value":[["r","x",5]]})"
      << "\n";
  fs::create_directories(scratch.path / "folder.toml");
  std::ofstream(scratch.path / "known.toml")
      << "[[load]]\nworkload = \"set\"\nname = \"mine\"\n[[known]]\ncheck = \"logs\"\nanomaly = "
         "\"crahs\"\nreason = \"y\"\n";
  fs::create_directories(scratch.path / "no-compiler/src");
  std::ofstream(scratch.path / "no-compiler/src/server.c") << "int main(void) { return 0; }\n";
  std::ofstream(scratch.path / "no-compiler/src/Makefile") << "redis-server:\n\tfalse\n";
  const std::vector<Line> lines = {
      {{"run", "failover-basc"}, 2, "did you mean 'failover-basic'?"},
      {{"rn"}, 2, "did you mean 'run'?"},
      {{"run", "failover-basic", "--sed", "5"}, 2, "did you mean '--seed'?"},
      {{"run", "failover-basic", "--seed", "five"}, 2, "seed"},
      {{"run"}, 2, "SCENARIO"},
      {{"run", "broken.toml"}, 2, "broken.toml:2:"},
      {{"run", "missing.toml"}, 2, "missing.toml"},
      {{"run", "checks.toml"}, 2, "did you mean 'slot-coverage'?"},
      {{"run", "failover-basic", "--masters", "-2"}, 2, "3"},
      {{"run", "failover-basic", "--masters", "0"}, 2, "--masters: 0 masters"},
      {{"run", "failover-basic", "--masters", "5000"}, 2, "5000"},
      {{"run", "failover-basic", "--replicas", "-1"}, 2, "--replicas: -1"},
      {{"run", "failover-basic", "--workload", "registr"}, 2, "did you mean 'register'?"},
      {{"run", "failover-basic", "--nemesis", "kil"}, 2, "did you mean 'kill'?"},
      {{"run", "failover-basic", "--server", "/no/such/redis-server"}, 2, "/no/such/redis-server"},
      {{"run", "failover-basic", "--server", "./not-a-server"}, 2, "not-a-server"},
      {{"run", "failover-basic", "--store", "/proc/store"}, 3, "--store"},
      {{"run", "failover-basic", "--nemesis", "xyzzy"}, 2, "; there are "},
      {{"run", "failover-basic", "--workload", "xyzzyx"}, 2, "; there are register, "},
      {{"run", "failover-basic", "--server", "./no-compiler"}, 3, "the whole log: "},
      {{"run", "--plan", "plan.json"}, 2, "plan.json is no plan: parse error at line 1"},
      {{"run", "failover-basic", "--server", "bundld"}, 2, "did you mean 'bundled'?"},
      {{"run", "keys.toml"}, 2, "unknown key 'frobnicate' in [run]; it takes "},
      {{"run", "failover-basic", "--upgrade-to", "bundled"}, 2, "--upgrade-to: the run has no step"},
      {{"run", "--tag", "seed", "--upgrade-to", "bundled"}, 2, "--upgrade-to: the run has no step"},
      {{"list", "fautls"}, 2, "did you mean 'faults'?"},
      {{"suite", "--merge", ""}, 2, "holds no suite"},
      {{"report", "nothing"}, 2, "latest"},
      {{"check", "missing.jsonl", "--model", "register"}, 2, "missing.jsonl"},
      {{"check", "missing.txt", "--model", "register"}, 2, "there is no file or folder 'missing.txt'"},
      {{"check", "h.jsonl", "--model", "register", "--graph", "folder.toml"}, 2, "is a directory"},
      {{"check", "h.jsonl", "--model", "register", "--memory-limit", "-5"}, 2, "'-5' is no size"},
      {{"check", "h.jsonl", "--model", "register", "--memory-limit", "nan"}, 2, "give 500MB, 4GB"},
      {{"check", "h.jsonl", "--model", "register", "--time-limit", "nan"}, 2, "must be a number"},
      {{"check", "h.jsonl", "--model", "register", "--initial", "a"}, 2, "a text needs quotes of its own"},
      {{"check", "h.jsonl", "--model", "set", "--initial", "[1]"}, 2, "begin empty"},
      {{"check", "micro.jsonl", "--model", "list-append", "--initial", "{\"x\":[1]}"}, 2, "begin empty"},
      {{"check", "micro.jsonl", "--model", "list-append"},
       2,
       "micro.jsonl: line 2: a list-append read returns"},
      {{"run", "--plan", "missing.json"}, 2, "No such file"},
      {{"run", "--plan", "folder.toml"}, 2, "is a directory"},
      {{"run", "h.jsonl"}, 2, "ends in .toml"},
      {{"run", "failover-basic", "--known", "folder.toml"}, 2, "unknown list of known violations"},
      {{"run", "--tag", "smok"}, 5, "did you mean 'smoke'?"},
      {{"audit", "redis", "--baseline", "redis", "--tag", "smok"}, 5, "did you mean 'smoke'?"},
      {{"run", "known.toml"}, 2, "known.toml:6:11: unknown anomaly 'crahs' (did you mean 'crash'?)"},
      {{"suite", "folder.toml"}, 2, "is a directory"},
      {{"suite", "missing.toml"}, 2, "No such file"},
      {{"suite", "smoke", "--server", ""}, 2, "name is empty"},
      {{"trend", "--store", "nowhere"}, 3, "--store"},
      {{"gc", "--keep", "30d", "--store", "nowhere"}, 3, "--store"},
  };
  for (const Line& line : lines) {
    std::string command;
    for (const std::string& argument : line.arguments) command += argument + " ";
    const Finished run = finish(scratch, line.arguments);
    CAPTURE(command, run.err);
    CHECK(run.code == line.code);
    CHECK_THAT(run.err, Contains(line.says));
    CHECK(run.out.empty());
  }
  // Nothing half-done stays behind.
  std::size_t left = 0;
  if (fs::exists(scratch.store()))
    left = static_cast<std::size_t>(
        std::distance(fs::directory_iterator(scratch.store()), fs::directory_iterator()));
  CHECK(left == 0);
}

TEST_CASE("a directive that the build does not know is refused where it stands", "[real]") {
  const Scratch scratch;
  const std::string load = "[[load]]\nworkload = \"register\"\n";
  std::ofstream(scratch.path / "cluster.toml")
      << load << "[cluster.directives]\nmaxmemory-polcy = \"noeviction\"\n";
  std::ofstream(scratch.path / "node.toml")
      << load << "[cluster.nodes.n4]\nmaxmemory-polcy = \"noeviction\"\n";
  std::ofstream(scratch.path / "step.toml")
      << load << "[[step]]\nfault = \"config-set\"\nhold = 1\n[step.with]\n"
      << "name = \"maxmemory-smples\"\nvalue = \"7\"\n";
  std::ofstream(scratch.path / "plain.toml") << load;
  const struct {
    std::vector<std::string> arguments;
    std::string says;
  } lines[] = {
      {{"cluster.toml"}, "cluster.toml:4:19: unknown directive 'maxmemory-polcy' of redis "},
      {{"node.toml"}, "node.toml:4:19: unknown directive 'maxmemory-polcy' of redis "},
      {{"step.toml"}, "step.toml:7:8: unknown directive 'maxmemory-smples' of redis "},
      {{"plain.toml", "--directive", "maxmemory-polcy x"},
       "--directive: unknown directive 'maxmemory-polcy' of "},
  };
  for (const auto& line : lines) {
    std::vector<std::string> arguments = {"run", "--server", "redis", "--no-progress"};
    arguments.insert(arguments.end(), line.arguments.begin(), line.arguments.end());
    const Finished run = finish(scratch, arguments);
    CAPTURE(run.err);
    CHECK(run.code == 2);
    CHECK_THAT(run.err, Contains(line.says) && Contains("(did you mean 'maxmemory-"));
    CHECK(fs::is_empty(scratch.store()));
  }
}

TEST_CASE("what a node logged cannot move the cursor of who reads the error", "[real]") {
  const Scratch scratch;
  std::ofstream(scratch.path / "scenario.toml")
      << "[cluster.directives]\nmaxmemory = \"lo\\u001b[2Jts\"\n[[load]]\n[run]\nno-faults = true\n";
  const Finished run = finish(scratch, {"run", "scenario.toml", "--server", "redis", "--no-progress"});
  CAPTURE(run.err);
  CHECK(run.code == 3);
  CHECK_THAT(run.err, Contains("the last lines of its log") && Contains("lo\\x1b[2Jts"));
  CHECK(run.err.find('\x1b') == std::string::npos);
  // It never started: nothing stays in the store, which has no newest run.
  CHECK(fs::is_empty(scratch.store()));
}

TEST_CASE("gc names what cannot go, and why") {
  const Scratch scratch;
  const fs::path run = fs::path(scratch.store()) / "20261130T000000Z-basic-1";
  fs::create_directories(run);
  std::ofstream(run / "run.json") << R"({"run": {}, "nodes": []})";
  std::ofstream(run / "plan.json") << "{}";
  const Finished gc = finish(scratch, {"gc", "--keep", "0d", "--dry-run"});
  CAPTURE(gc.out, gc.err);
  CHECK(gc.code == 0);
  CHECK_THAT(gc.out, Contains("cannot go 20261130T000000Z-basic-1   it is under way"));
}
