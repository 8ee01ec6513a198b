// The verb suite as people and CI use it, against real redis-servers.

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "harness/core/wait.h"
#include "harness/started.h"

namespace fs = std::filesystem;
using namespace harness;
using namespace harness::test;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

/// Two scenarios, one build, one seed.
std::string tiny_suite(const Scratch& scratch) {
  const fs::path file = scratch.path / "tiny.toml";
  std::ofstream(file)
      << "description = \"two runs\"\n[[scenarios]]\nnames = [\"failover-basic\", \"pause-short\"]\n";
  return file.string();
}

fs::path folder_of(const Scratch& scratch) {
  return fs::path(scratch.store()) / "tiny-7";
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("a suite that is killed in the middle leaves nothing behind, and goes on to the end", "[real]") {
  const Scratch scratch;
  const std::string suite = tiny_suite(scratch);
  {
    Started first(scratch, {"suite", suite, "--seed", "7", "--jobs", "1", "--store", scratch.store()});
    const auto journal = [&] { return slurp(folder_of(scratch) / "journal.jsonl"); };
    wait_until("the second run to begin", 3min, [&] { return count(journal(), "\"started\"") == 2; });
    wait_until("its servers to run", 1min, [&] { return processes_of(folder_of(scratch)).size() > 2; });
    Started beside(scratch, {"suite", suite, "--seed", "7", "--resume", "--store", scratch.store()});
    CHECK(beside.exit_code() == 2);
    CHECK_THAT(beside.err(), Contains("another process is running the suite"));
    first.signal(SIGKILL);
    first.exit_code();
    CHECK(count(journal(), "\"ended\"") == 1);
  }
  wait_until("the kernel to take all away", 10s, [&] { return processes_of(folder_of(scratch)).empty(); });

  Started other(scratch, {"suite", suite, "--resume", "--server", "bundled", "--store", scratch.store()});
  CHECK(other.exit_code() == 2);
  CHECK_THAT(other.err(), Contains("other scenarios or builds"));
  fs::create_directories(scratch.path / "elsewhere");
  const fs::path namesake = scratch.path / "elsewhere" / "tiny.toml";
  std::ofstream(namesake) << "[[scenarios]]\nnames = [\"failover-basic\"]\n";
  Started third(scratch, {"suite", namesake.string(), "--resume", "--store", scratch.store()});
  CHECK(third.exit_code() == 2);
  CHECK_THAT(third.err(), Contains("another suite of this name"));
  Started second(scratch, {"suite", suite, "--jobs", "1", "--store", scratch.store(), "--resume", "--json",
                           "--junit", "j.xml", "--summary", "s.md", "--metrics", "m.prom"});
  const int code = second.exit_code();
  CAPTURE(second.out(), second.err());
  // On a busy machine a run may be too weak to conclude; what is tested is that both are there.
  REQUIRE((code == 0 || code == 4));
  const auto results = nlohmann::json::parse(second.out());
  CHECK(results.at("finished") == true);
  REQUIRE(results.at("runs").size() == 2);
  CHECK(results.at("runs")[0].at("scenario") != results.at("runs")[1].at("scenario"));
  for (const auto& run : results.at("runs")) {
    CHECK((run.at("verdict") == "pass" || run.at("verdict") == "unknown"));
    // Of what passed the results are kept, and nothing else.
    const fs::path store = run.at("store").get<std::string>();
    CHECK(fs::file_size(store / "results.json") > 0);
    CHECK(fs::exists(store / "history.journal") == (run.at("verdict") != "pass"));
  }
  CHECK_THAT(slurp(scratch.path / "j.xml"), Contains("<testsuites") && Contains("failures=\"0\""));
  CHECK_THAT(slurp(scratch.path / "s.md"), Contains(": suite tiny"));
  CHECK_THAT(slurp(scratch.path / "m.prom"), Contains("# EOF"));
  CHECK(fs::exists(folder_of(scratch) / "index.html"));
  // It is done: a further one begins afresh.
  Started fourth(scratch, {"suite", suite, "--seed", "7", "--store", scratch.store(), "--shard", "2/1"});
  CHECK(fourth.exit_code() == 2);
}

TEST_CASE("Ctrl-C ends a suite with what is known", "[real]") {
  const Scratch scratch;
  Started suite(scratch,
                {"suite", tiny_suite(scratch), "--seed", "7", "--jobs", "1", "--store", scratch.store()});
  const auto journal = [&] { return slurp(folder_of(scratch) / "journal.jsonl"); };
  wait_until("the second run to begin", 3min, [&] { return count(journal(), "\"started\"") == 2; });
  suite.signal(SIGINT);
  CHECK(suite.exit_code() == 130);
  CAPTURE(suite.out(), suite.err());
  CHECK_THAT(suite.out(), Contains("INTERRUPTED") && Contains("1 run: ") && Contains("--resume"));
  CHECK(processes_of(folder_of(scratch)).empty());
  CHECK(nlohmann::json::parse(slurp(folder_of(scratch) / "results.json")).at("exit_code") == 130);
}

TEST_CASE("a suite of two shards is joined to one", "[real]") {
  const Scratch scratch;
  const std::string suite = tiny_suite(scratch);
  std::vector<std::string> merge{"suite", "--json", "--store", scratch.store(), "--merge"};
  for (const char* shard : {"1/2", "2/2"}) {
    Started part(scratch, {"suite", suite, "--seed", "7", "--store", scratch.store(), "--shard", shard});
    CAPTURE(shard, part.err());
    const int code = part.exit_code();
    REQUIRE((code == 0 || code == 4));
    CHECK_THAT(part.out(), Contains("1 run: "));
    merge.push_back(folder_of(scratch).string() + "-shard-" + shard[0] + "-of-2");
  }
  Started joined(scratch, merge);
  const int code = joined.exit_code();
  REQUIRE((code == 0 || code == 4));
  CHECK(nlohmann::json::parse(joined.out()).at("counts").at("runs") == 2);
  merge.pop_back();
  Started half(scratch, merge);
  CHECK(half.exit_code() == 4);
  CHECK_THAT(half.out(), Contains("shard 2 of 2 is missing"));
}

TEST_CASE("a suite that cannot be is refused before anything runs") {
  const Scratch scratch;
  std::ofstream(scratch.path / "bad.toml") << "[[scenarios]]\ntags = [\"smok\"]\n";
  Started bad(scratch, {"suite", "bad.toml", "--store", scratch.store()});
  CHECK(bad.exit_code() == 2);
  CHECK_THAT(bad.err(), Contains("bad.toml:2:8:") && Contains("'smoke'"));
  Started none(scratch, {"suite", "--store", scratch.store()});
  CHECK(none.exit_code() == 2);
  Started server(scratch, {"suite", tiny_suite(scratch), "--server", "rediss", "--store", scratch.store()});
  CHECK(server.exit_code() == 2);
  CHECK_FALSE(fs::exists(scratch.store()));
}

TEST_CASE("a suite skips by name the scenario whose feature the build does not have") {
  const Scratch scratch;
  const fs::path file = scratch.path / "newer.toml";
  std::ofstream(file) << "description = \"none\"\n[[scenarios]]\nnames = [\"slots-move-at-once\"]\n";
  Started suite(scratch, {"suite", file.string(), "--server", "redis", "--seed", "7", "--no-progress"});
  CHECK(suite.exit_code() == 3);  // nothing ran, and nothing is claimed
  CAPTURE(suite.out(), suite.err());
  CHECK_THAT(suite.out(), Contains("slots-move-at-once") && Contains("requires 'slot-migration'") &&
                              Contains("since Valkey 9.0.0, in no Redis"));
}
