// Options that a run would ignore.
#include "harness/scenario/unheeded.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "harness/core/check.h"

using namespace harness;
using Catch::Contains;

namespace {

/// Why a run of the text with these options is refused; empty: it is not.
std::string refusal(const std::string& toml, const RunOptions& options) {
  char folder[] = "/tmp/harness-unheeded-XXXXXX";
  REQUIRE(::mkdtemp(folder) != nullptr);
  const std::string file = std::string(folder) + "/s.toml";
  std::ofstream(file) << toml;
  std::string why;
  try {
    plan_for(options, file, 7);
  } catch (const UsageError& error) {
    why = error.what();
  }
  std::filesystem::remove_all(folder);
  return why;
}

/// Not inlined: GCC 12 takes the text for uninitialized where it can see that there was none before.
[[gnu::noinline]] RunOptions upgrading() {
  RunOptions options;
  options.upgrade_to.emplace("bundled");
  return options;
}

const std::string kLoad = "[[load]]\nworkload = \"register\"\n";

}  // namespace

TEST_CASE("a build to restart nodes as is refused where nothing restarts as one") {
  RunOptions options = upgrading();
  CHECK_THAT(refusal(kLoad, options), Contains("--upgrade-to: the run has no step") && Contains("upgrade"));
  CHECK_THAT(refusal(kLoad + "[[step]]\nfault = \"kill\"\n", options), Contains("--upgrade-to"));
  CHECK(refusal(kLoad + "[[step]]\nfault = \"upgrade\"\n", options).empty());
  CHECK(refusal(kLoad + "[random]\nfaults = [\"upgrade\"]\ncount = 1\n", options).empty());
  options.nemesis = {"upgrade"};
  CHECK(refusal(kLoad, options).empty());
  options.nemesis = {"none"};
  CHECK_THAT(refusal(kLoad + "[[step]]\nfault = \"upgrade\"\n", options), Contains("--upgrade-to"));
}

TEST_CASE("a cluster that the scenario lays out master by master is not laid out anew") {
  const std::string slots = "[cluster]\nslots = [\"0-8191\", \"8192-16383\"]\n" + kLoad;
  const std::string replicas = "[cluster]\nreplicas = [2, 1, 0]\n" + kLoad;
  RunOptions options;
  options.masters = 5;
  CHECK_THAT(refusal(slots, options), Contains("--masters: the scenario says which slots"));
  CHECK_THAT(refusal(replicas, options), Contains("--masters: the scenario says how many replicas"));
  options.masters.reset();
  options.replicas = 1;
  CHECK(refusal(slots, options).empty());
  CHECK_THAT(refusal(replicas, options), Contains("--replicas: the scenario says how many replicas"));
}

TEST_CASE("a directive that a node has for itself is not given to all") {
  RunOptions options;
  options.directives = {"repl-diskless-sync-delay 0"};
  CHECK_THAT(refusal("[cluster.nodes.n4]\nrepl-diskless-sync-delay = 5\n" + kLoad, options),
             Contains("--directive 'repl-diskless-sync-delay': the scenario gives n4"));
  CHECK(refusal("[cluster.directives]\nrepl-diskless-sync-delay = 5\n" + kLoad, options).empty());
}

TEST_CASE("what is said of loads needs one") {
  for (const char* option : {"--rate", "--concurrency", "--strict"}) {
    CAPTURE(option);
    RunOptions options;
    if (option == std::string("--rate")) options.rate = 5;
    if (option == std::string("--concurrency")) options.concurrency = 5;
    options.strict = option == std::string("--strict");
    const std::string none = "[[step]]\nwait = \"settled\"\n";
    CHECK_THAT(refusal(none, options), Contains(std::string(option) + ": the scenario has no load"));
    CHECK(refusal(kLoad, options).empty());
    options.workload = "set";
    CHECK(refusal(none, options).empty());
  }
}
