// The executable's command line: bad input and its mends, what `list` tells, what cannot be printed.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/started.h"

namespace fs = std::filesystem;
using namespace harness;
using namespace harness::test;
using Catch::Contains;

TEST_CASE("an empty history is linearizable, and nothing was checked") {
  const Scratch scratch;
  std::ofstream(scratch.path / "empty.json") << "[]";
  const Finished check = finish(scratch, {"check", "empty.json", "--model", "register"});
  CHECK(check.code == 0);
  CHECK_THAT(check.out, Contains("Nothing was checked"));
}

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
      {{"run", "failover-basic", "--masters", "0"}, 2, "3"},
      {{"run", "failover-basic", "--masters", "5000"}, 2, "5000"},
      {{"run", "failover-basic", "--replicas", "-1"}, 2, "replicas"},
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
      {{"list", "fautls"}, 2, "did you mean 'faults'?"},
      {{"suite", "--merge", ""}, 2, "holds no suite"},
      {{"report", "nothing"}, 2, "latest"},
      {{"check", "missing.jsonl", "--model", "register"}, 2, "missing.jsonl"},
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

TEST_CASE("list names everything that the tables hold") {
  const Scratch scratch;
  const Finished list = finish(scratch, {"list", "--json"});
  REQUIRE(list.code == 0);
  const nlohmann::json json = nlohmann::json::parse(list.out);
  for (const char* title : {"scenarios", "workloads", "faults", "targets", "conditions", "checkers", "models",
                            "reports", "capabilities", "reachable-states", "features", "tried-releases"}) {
    CAPTURE(title);
    REQUIRE(json.at(title).size() >= 1);
    for (const auto& entry : json.at(title)) {
      CHECK_FALSE(entry.at("name").get<std::string>().empty());
      CHECK_FALSE(entry.at("description").get<std::string>().empty());
    }
  }
}

TEST_CASE("list of one kind tells that alone") {
  const Scratch scratch;
  const Finished list = finish(scratch, {"list", "faults", "--json"});
  REQUIRE(list.code == 0);
  const nlohmann::json json = nlohmann::json::parse(list.out);
  CHECK(json.size() == 1);
  CHECK(json.at("faults").size() > 10);
}

TEST_CASE("what could not be printed is an error, and closed streams are none") {
  const Scratch scratch;
  const auto ended = [&](const std::string& redirected) {
    const std::string command =
        "cd " + scratch.path.string() + " && " + HARNESS_EXECUTABLE + " " + redirected;
    return WEXITSTATUS(std::system(command.c_str()));
  };
  CHECK(ended("list > /dev/full 2> said") == 3);
  CHECK_THAT(slurp(scratch.path / "said"), Contains("cannot write to stdout"));
  CHECK(ended("list >&- 2> said") == 0);
  CHECK(ended("list <&- > said 2>&1") == 0);
  std::ofstream(scratch.path / "h.jsonl") << R"({"time":1,"process":0,"type":"invoke","f":"write","value":1}
{"time":2,"process":0,"type":"ok","f":"write","value":1}
)";
  CHECK(ended("check - --model register < h.jsonl > said 2>&1") == 0);
  CHECK(ended("check /dev/stdin --model register < h.jsonl > said 2>&1") == 0);
}

TEST_CASE("list --json tells the parameters of faults, workloads and conditions") {
  const Scratch scratch;
  const nlohmann::json json = nlohmann::json::parse(finish(scratch, {"list", "--json"}).out);
  const auto named = [](const nlohmann::json& entries, const std::string& name) {
    for (const auto& entry : entries)
      if (entry.at("name") == name) return entry;
    FAIL("there is no " + name);
    return nlohmann::json();
  };
  const nlohmann::json fault = named(json.at("faults"), "packet-delay");
  CHECK(fault.at("heals") == true);
  CHECK(fault.at("effect") == "degraded");
  CHECK_FALSE(fault.at("default-target").get<std::string>().empty());
  const nlohmann::json delay = named(fault.at("parameters"), "delay");
  CHECK(delay.at("unit") == "ms");
  CHECK(delay.at("default").is_number());
  CHECK(delay.at("least") < delay.at("most"));
  CHECK(named(json.at("faults"), "kill").at("parameters") == nlohmann::json::array());

  CHECK(named(named(json.at("workloads"), "set").at("options"), "elements").at("default").is_number());
  const nlohmann::json owner = named(json.at("conditions"), "owner");
  CHECK(named(owner.at("parameters"), "slot").at("required") == true);
}

TEST_CASE("list prints one line an entry") {
  const Scratch scratch;
  const Finished list = finish(scratch, {"list"});
  REQUIRE(list.code == 0);
  std::istringstream lines(list.out);
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    const bool title = line.find(' ') == std::string::npos;
    CHECK((title || (line.starts_with("  ") && line[2] != ' ')));
  }
}
