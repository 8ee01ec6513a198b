// The executable: what `list` tells, and what cannot be printed.
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

TEST_CASE("list says which faults are over once they are done") {
  const Scratch scratch;
  const Finished faults = finish(scratch, {"list", "faults"});
  CHECK_THAT(faults.out, Contains("with their keys, under load (event: over once it is done)\n"));
  CHECK_THAT(faults.out, Contains("SIGSTOP, then SIGCONT: the server hangs\n"));
  CHECK_THAT(finish(scratch, {"list", "--markdown"}).out,
             Contains("random-master, event") && Contains("is over once it is done: `since"));
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
