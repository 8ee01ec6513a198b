#include "harness/verbs/completion_command.h"

#include <catch2/catch.hpp>
#include <cstdio>
#include <fstream>

#include "harness/cluster/test_support.h"
#include "harness/core/check.h"
#include "harness/scenario/scenario.h"
#include "harness/suite/suite_file.h"
#include "harness/verbs/verbs.h"

using namespace harness;

namespace {

/// What bash would offer for the words, the last of which is being written.
std::string offered(const std::vector<std::string>& words) {
  const ScratchFolder folder;
  const auto script = folder.path / "offered.bash";
  std::ofstream out(script);
  out << completion_script("bash") << "COMP_WORDS=(";
  for (const std::string& word : words) out << "'" << word << "' ";
  out << ")\nCOMP_CWORD=" << words.size() - 1 << "\ncd " << folder.path
      << "\n_harness\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n";
  out.close();
  std::FILE* pipe = ::popen(("bash " + script.string() + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string text;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) text += static_cast<char>(c);
  CHECK(::pclose(pipe) == 0);
  return text;
}

}  // namespace

TEST_CASE("bash is offered verbs, scenarios and suites by what is written so far") {
  CHECK(offered({"harness", "rep"}) == "report\nreplay\n");
  CHECK(offered({"harness", "run", "failover-ba"}) == "failover-basic\n");
  CHECK(offered({"harness", "suite", "smo"}) == "smoke\n");
  CHECK(offered({"harness", "run", "no-such"}) == "\n");
  CHECK(offered({"harness", "run", "--workload", "shard"}) == "shard-pubsub\n");
  CHECK(offered({"harness", "run", "--nemesis", "packet-lo"}) == "packet-loss\n");
  CHECK(offered({"harness", "audit", "--scenario", "failover-ba"}) == "failover-basic\n");
  CHECK(offered({"harness", "check", "--model", "long"}) == "long-fork\n");
}

TEST_CASE("every shell's script names all verbs, scenarios and suites, and another shell is refused") {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const std::string script = completion_script(shell);
    for (const CommandEntry& command : commands())
      CHECK_THAT(script, Catch::Contains(std::string(command.name)));
    for (const BundledScenario& one : bundled_scenarios())
      CHECK_THAT(script, Catch::Contains(std::string(one.name)));
    for (const BundledSuite& one : bundled_suites())
      CHECK_THAT(script, Catch::Contains(std::string(one.name)));
  }
  CHECK_THROWS_WITH(completion_script("bsh"), Catch::Contains("did you mean 'bash'"));
}
