// The verbs that repeat and compare stored runs, on real clusters of the bundled node: few and short.

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/core/wait.h"
#include "harness/started.h"

namespace fs = std::filesystem;
using namespace harness;
using namespace harness::test;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

/// Two seconds of load; half a percent of the writes is acknowledged and not done.
std::string defect_scenario(const Scratch& scratch) {
  const fs::path file = scratch.path / "defect.toml";
  std::ofstream(file) << "[cluster]\nserver = \"bundled\"\nmasters = 3\nreplicas = 0\n"
                         "[cluster.directives]\nenable-seeded-defects = \"yes\"\n"
                         "seeded-defect = \"write-unapplied:0.5\"\n"
                         "[[load]]\nworkload = \"register\"\nrate = 2000\nconcurrency = 8\n"
                         "[run]\ntime-limit = 2\ntail = 0\nno-faults = true\n";
  return file.string();
}

}  // namespace

TEST_CASE("a replay of a run with a seeded defect brings its violation back", "[real]") {
  const Scratch scratch;
  const Finished run = finish(scratch, {"run", defect_scenario(scratch), "--seed", "5"});
  CAPTURE(run.out, run.err);
  REQUIRE(run.code == 1);
  const Finished replay = finish(scratch, {"replay", "latest", "--times", "2", "--json", "--no-progress"});
  CAPTURE(replay.out, replay.err);
  CHECK(replay.code == 1);
  const nlohmann::json json = nlohmann::json::parse(replay.out);
  CHECK(json.at("any").at("came_back") == 2);
  CHECK(json.at("any").at("of") == 2);
  REQUIRE(json.at("violations").size() >= 1);
  CHECK(json.at("violations")[0].at("check") == "register");
  CHECK(json.at("runs").size() == 2);
  for (const auto& again : json.at("runs")) CHECK(fs::exists(again.at("store").get<std::string>()));
}

TEST_CASE("two stored runs of one plan are set side by side", "[real]") {
  const Scratch scratch;
  const std::string scenario = defect_scenario(scratch);
  REQUIRE(finish(scratch, {"run", scenario, "--seed", "5"}).code == 1);
  const std::string bad = fs::canonical(scratch.path / "store" / "latest").filename();
  REQUIRE(finish(scratch, {"run", scenario, "--seed", "5", "--directive", "seeded-defect vote-twice"}).code ==
          0);
  const Finished resolved = finish(scratch, {"diff", bad, "latest"});
  CAPTURE(resolved.out, resolved.err);
  CHECK(resolved.code == 0);
  CHECK_THAT(resolved.out, Contains("resolved  register: not-linearizable-in-term"));
  CHECK_THAT(resolved.out, Contains("acknowledged operations") && Contains("latency p99"));
  const Finished regression = finish(scratch, {"diff", "latest", bad, "--json"});
  CHECK(regression.code == 1);
  const nlohmann::json json = nlohmann::json::parse(regression.out);
  CHECK(json.at("new")[0].at("check") == "register");
  CHECK(json.at("before").at("verdict") == "pass");
  CHECK(json.at("same_plan") == false);  // one of its directives is another
}

TEST_CASE("a run is not replayed on another build than it had", "[real]") {
  const Scratch scratch;
  const fs::path build = scratch.path / "cluster-node";
  fs::copy_file(fs::path(HARNESS_EXECUTABLE).parent_path() / "cluster-node", build);
  REQUIRE(finish(scratch, {"run", defect_scenario(scratch), "--server", build.string()}).code == 1);
  std::ofstream(build, std::ios::app | std::ios::binary) << "another build";
  const Finished refused = finish(scratch, {"replay", "latest", "--times", "1"});
  CHECK(refused.code == 2);
  CHECK_THAT(refused.err, Contains("the builds are not those of the stored run"));
  CHECK(finish(scratch, {"replay", "latest", "--times", "1", "--other-builds"}).code == 1);
}

TEST_CASE("Ctrl-C ends a replay with what it has, and kill -9 leaves nothing on the host", "[real]") {
  const Scratch scratch;
  REQUIRE(finish(scratch, {"run", defect_scenario(scratch), "--seed", "5"}).code == 1);
  const std::size_t interfaces_before = interfaces();
  const auto second_replay = [](const Started& replay) {
    return replay.err().find("replay 2 of 50") != std::string::npos &&
           replay.err().rfind("cluster ready") > replay.err().find("replay 2 of 50");
  };
  for (const int signal : {SIGINT, SIGKILL}) {
    Started replay(scratch, {"replay", "latest", "--times", "50"});
    wait_until("the second replay", 60s, [&] { return second_replay(replay); });
    replay.signal(signal);
    CHECK(replay.exit_code(60s) == (signal == SIGINT ? 130 : 128 + SIGKILL));
    if (signal == SIGINT) CHECK_THAT(replay.out(), Contains("came back   1 of 1"));
    CHECK(wait_for(10s, [&] { return processes_of(scratch.path).empty(); }));
    CHECK(interfaces() == interfaces_before);
  }
}

TEST_CASE("Ctrl-C and kill -9 end shrinking, and leave nothing on the host", "[real]") {
  const Scratch scratch;
  REQUIRE(finish(scratch, {"run", defect_scenario(scratch), "--seed", "5"}).code == 1);
  const std::size_t interfaces_before = interfaces();
  for (const int signal : {SIGINT, SIGKILL}) {
    Started shrinking(scratch, {"shrink", "latest", "--times", "2"});
    wait_until("the first try", 60s, [&] { return shrinking.err().find("at first") != std::string::npos; });
    shrinking.signal(signal);
    CHECK(shrinking.exit_code(60s) == (signal == SIGINT ? 130 : 128 + SIGKILL));
    if (signal == SIGINT) CHECK_THAT(shrinking.out(), Contains("shrunk") && Contains("reproduce"));
    CHECK(wait_for(10s, [&] { return processes_of(scratch.path).empty(); }));
    CHECK(interfaces() == interfaces_before);
  }
}

TEST_CASE("an audit finds a seeded defect as a new kind of violation", "[real]") {
  const Scratch scratch;
  const Finished audit =
      finish(scratch, {"audit", "bundled", "--baseline", "bundled", "--scenario", defect_scenario(scratch),
                       "--seed", "5", "--baseline-directive", "seeded-defect vote-twice"});
  CAPTURE(audit.out, audit.err);
  CHECK(audit.code == 1);
  CHECK_THAT(audit.out, Contains("REGRESSION  register: not-linearizable-in-term") &&
                            Contains("6 of 6 runs against 0 of 6"));
  std::vector<fs::path> audits;
  for (const auto& entry : fs::directory_iterator(scratch.path / "store")) audits.push_back(entry.path());
  REQUIRE(audits.size() == 1);
  const nlohmann::json json = nlohmann::json::parse(slurp(audits[0] / "audit.json"));
  CHECK(json.at("verdict") == "regression");
  CHECK(json.at("new_violations")[0].at("baseline") == 0);
  for (const char* file : {"summary.md", "audit.html", "junit.xml"})
    CHECK(fs::file_size(audits[0] / file) > 0);
}

TEST_CASE("an audit that names no scenario compares values, counts, queues and types", "[real]") {
  const Scratch scratch;
  Started audit(scratch, {"audit", "bundled", "--baseline", "bundled"});
  wait_until("its first words", 60s, [&] { return audit.err().find("at most") != std::string::npos; });
  CHECK_THAT(audit.err(), Contains("4 scenarios, at most 24 pairs"));
  audit.signal(SIGKILL);
  audit.exit_code(60s);
  CHECK(wait_for(10s, [&] { return processes_of(scratch.path).empty(); }));
}

TEST_CASE("Ctrl-C ends an audit with what it has, and kill -9 leaves nothing on the host", "[real]") {
  const Scratch scratch;
  const std::size_t interfaces_before = interfaces();
  for (const int signal : {SIGINT, SIGKILL}) {
    Started audit(scratch, {"audit", "bundled", "--baseline", "bundled", "--scenario",
                            defect_scenario(scratch), "--directive", "seeded-defect vote-twice", "--json"});
    wait_until("the first pair", 60s,
               [&] { return audit.err().find("candidate pass") != std::string::npos; });
    // A run of the second pair is on by the time that its processes are there.
    wait_until("the second pair", 60s, [&] { return processes_of(scratch.path).size() > 2; });
    audit.signal(signal);
    CHECK(audit.exit_code(60s) == (signal == SIGINT ? 130 : 128 + SIGKILL));
    if (signal == SIGINT) CHECK(nlohmann::json::parse(audit.out()).at("interrupted") == true);
    for (const auto& entry : fs::directory_iterator(scratch.path / "store")) {
      const nlohmann::json left = nlohmann::json::parse(slurp(entry.path() / "audit.json"));
      CHECK(left.at("interrupted") == true);
      CHECK(left.at("pairs").size() >= 1);
    }
    CHECK(wait_for(10s, [&] { return processes_of(scratch.path).empty(); }));
    CHECK(interfaces() == interfaces_before);
  }
}

TEST_CASE("a run with steps that do not matter is shrunk to a short one without them", "[real]") {
  const Scratch scratch;
  const fs::path file = scratch.path / "steps.toml";
  std::ofstream(file) << slurp(defect_scenario(scratch))
                      << "[[step]]\ncommand = \"DBSIZE\"\non = \"n2\"\n"
                         "[[step]]\ncommand = \"PING\"\non = \"n1\"\n";
  const Finished run = finish(scratch, {"run", file.string(), "--seed", "5"});
  CAPTURE(run.out, run.err);
  REQUIRE(run.code == 1);
  const fs::path store = fs::canonical(scratch.path / "store" / "latest");
  const Finished shrunk = finish(scratch, {"shrink", "latest", "--times", "2", "--time", "45", "--json"});
  CAPTURE(shrunk.out, shrunk.err);
  REQUIRE(shrunk.code == 0);
  const nlohmann::json json = nlohmann::json::parse(shrunk.out);
  CHECK(json.at("before").at("steps") == 2);
  CHECK(json.at("after").at("steps") == 0);
  CHECK(json.at("shrunk").at("failed").get<int>() >= 1);
  CHECK(finish(scratch, {"run", (store / "shrunk.toml").string(), "--seed", "5"}).code == 1);
  const Finished short_of_time = finish(scratch, {"shrink", store.string(), "--times", "1", "--time", "1"});
  if (short_of_time.code == 0) CHECK_THAT(short_of_time.out, Contains("the 1 s of --time were over"));
  CHECK(fs::exists(fs::path(json.at("store").get<std::string>()) / "plan.json"));
}

TEST_CASE("what cannot be replayed is refused with the reason") {
  const Scratch scratch;
  const Finished nothing = finish(scratch, {"replay", "latest"});
  CHECK(nothing.code == 2);
  const Finished times = finish(scratch, {"replay", "latest", "--times", "0"});
  CHECK(times.code == 2);
  CHECK_THAT(times.err, Contains("--times"));
}

namespace {

/// A repository of a server that commits a mistake from commit `broken` on. What it compiles is a script that
/// starts the bundled node, and from then on asks it for a seeded defect.
std::string repository(const Scratch& scratch, int commits, int broken) {
  const std::string script = scratch.file("make-repository");
  std::ofstream(script) << R"(set -e
mkdir -p repo/src && cd repo && git init -q .
printf '#define REDIS_VERSION "7.0.15"\n' > src/version.h
echo 'int main(void) { return 0; }' > src/server.c
printf 'redis-server: server.sh\n\tcp server.sh redis-server\n\tchmod 755 redis-server\n' > src/Makefile
for i in $(seq 0 $1); do
  echo '#!/bin/sh' > src/server.sh
  if [ $i -ge $2 ]; then
    echo '[ ! -f "$1" ] || grep -q seeded "$1" ||' >> src/server.sh
    echo 'printf "enable-seeded-defects yes\nseeded-defect write-unapplied:0.5\n" >> "$1"' >> src/server.sh
  fi
  echo "exec $3 \"\$@\"" >> src/server.sh
  echo $i > README
  git add -A
  git -c user.name=test -c user.email=test@example.org commit -qm "commit $i"
  git tag c$i
done
)";
  const std::string node = (fs::path(HARNESS_EXECUTABLE).parent_path() / "cluster-node").string();
  const std::string command = "cd " + scratch.path.string() + " && sh " + script + " " +
                              std::to_string(commits) + " " + std::to_string(broken) + " " + node;
  REQUIRE(std::system(command.c_str()) == 0);
  return scratch.file("repo");
}

}  // namespace

TEST_CASE("bisect finds the commit that broke a server, the seventh of twelve", "[real]") {
  const Scratch scratch;
  const std::string repo = repository(scratch, 12, 7);
  const fs::path scenario = scratch.path / "plain.toml";
  std::ofstream(scenario)
      << "[cluster]\nmasters = 3\nreplicas = 0\n[[load]]\nworkload = \"register\"\nrate = 2000\n"
         "concurrency = 8\n[run]\ntime-limit = 2\ntail = 0\nno-faults = true\n";
  const Finished found = finish(scratch, {"bisect", scenario.string(), "--repo", repo, "--good", "c0",
                                          "--bad", "c12", "--seed", "5", "--json"});
  CAPTURE(found.out, found.err);
  CHECK(found.code == 0);
  CHECK_THAT(nlohmann::json::parse(found.out).at("first_bad").at("title").get<std::string>(),
             Contains("commit 7"));

  const Finished reversed =
      finish(scratch, {"bisect", scenario.string(), "--repo", repo, "--good", "c12", "--bad", "c0"});
  CHECK(reversed.code == 2);
  CHECK_THAT(reversed.err, Contains("the bad one must come after the good one"));
  const Finished unknown =
      finish(scratch, {"bisect", scenario.string(), "--repo", repo, "--good", "c0", "--bad", "c13"});
  CHECK(unknown.code == 2);
}

TEST_CASE("what cannot be audited is refused with the reason") {
  const Scratch scratch;
  CHECK(finish(scratch, {"audit", "redis"}).code == 2);
  const Finished misspelt =
      finish(scratch, {"audit", "redis", "--baseline", "redis", "--scenario", "failover-kil"});
  CHECK(misspelt.code == 2);
  CHECK_THAT(misspelt.err, Contains("did you mean 'failover-kill'?"));
  CHECK(finish(scratch, {"audit", "redis", "--baseline", "redis", "--tag", "no-such-tag"}).code == 5);
  const Finished no_build = finish(scratch, {"audit", "redis", "--baseline", "./no-such-build"});
  CHECK(no_build.code == 2);
  const Finished no_candidate = finish(scratch, {"audit", "bundld", "--baseline", "redis"});
  CHECK(no_candidate.code == 2);
  CHECK_THAT(no_candidate.err, Contains("did you mean 'bundled'?"));
  CHECK(no_candidate.err.find("pair") == std::string::npos);  // before anything ran
}

TEST_CASE("a cluster that its servers do not form is a violation, and its store tells so", "[real]") {
  const Scratch scratch;
  // A build that tells the others to come where nobody listens.
  const fs::path build = scratch.path / "redis-server";
  std::ofstream(build) << "#!/bin/sh\ncase \"$1\" in -*) exec redis-server \"$@\" ;; esac\n"
                          "exec redis-server \"$@\" --cluster-announce-bus-port 1\n";
  fs::permissions(build, fs::perms::owner_all);
  const Finished run =
      finish(scratch, {"run", "failover-basic", "--masters", "3", "--replicas", "0", "--nemesis", "none",
                       "--node-timeout", "200", "--server", build.string(), "--json", "--no-progress"});
  CAPTURE(run.out, run.err);
  CHECK(run.code == 1);
  const auto violation = [](const nlohmann::json& results) {
    for (const auto& check : results.at("checks"))
      if (check.at("name") == "expectations") return check.dump();
    return std::string();
  };
  CHECK_THAT(violation(nlohmann::json::parse(run.out)), Contains("the servers become one cluster"));
  const Finished again = finish(scratch, {"report", "latest", "--json"});
  CAPTURE(again.out, again.err);
  CHECK(again.code == 1);
  CHECK_THAT(violation(nlohmann::json::parse(again.out)), Contains("the servers become one cluster"));
}
