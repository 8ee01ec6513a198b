#include "harness/verbs/completion.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <fstream>

#include "harness/cluster/test_support.h"
#include "harness/core/check.h"
#include "harness/verbs/command_help.h"
#include "harness/verbs/man_page.h"

using namespace harness;

namespace {

/// What is offered for the words, the last of which is being written.
std::string offered(const std::vector<std::string>& words) {
  std::string text;
  for (const Completion& one : completions(words)) text += one.word + "\n";
  return text;
}

std::string output_of(const std::string& command) {
  std::FILE* pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string text;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) text += static_cast<char>(c);
  CHECK(::pclose(pipe) == 0);
  return text;
}

}  // namespace

TEST_CASE("Verbs, scenarios, suites and what stands in tables are offered by what is written so far") {
  CHECK(offered({"rep"}) == "report\nreplay\n");
  CHECK(offered({"run", "failover-ba"}) == "failover-basic\n");
  CHECK(offered({"suite", "smo"}) == "smoke\n");
  CHECK(offered({"run", "no-such"}).empty());
  CHECK(offered({"no-such-verb", ""}).empty());
  CHECK(offered({}).empty());
  CHECK(offered({"run", "--workload", "shard"}) == "shard-pubsub\n");
  CHECK(offered({"run", "--nemesis", "packet-lo"}) == "packet-loss\n");
  CHECK(offered({"run", "--nemesis", "kill,packet-lo"}) == "kill,packet-loss\n");
  CHECK(offered({"audit", "--scenario", "failover-ba"}) == "failover-basic\n");
  CHECK(offered({"check", "--model", "long"}) == "long-fork\n");
  CHECK(offered({"schema", "suite-"}) == "suite-journal\nsuite-matrix\n");
}

TEST_CASE("Options and their choices are those of --help") {
  CHECK(offered({"run", "--see"}) == "--seed\n");
  CHECK(offered({"run", "failover-basic", "--sandbox", "lo"}) == "loopback\n");
  CHECK(offered({"export", "--format", "e"}) == "edn\nelle\n");
}

TEST_CASE("Runs are those of the store") {
  const ScratchFolder folder;
  std::filesystem::create_directories(folder.path / "store/20261129T1-x-1");
  std::filesystem::create_directories(folder.path / "store/no-run");
  std::ofstream(folder.path / "store/20261129T1-x-1/run.json") << "{}";
  const std::string store = (folder.path / "store").string();
  CHECK(offered({"replay", "--store", store, ""}) == "latest\n20261129T1-x-1\n");
  CHECK(offered({"diff", "latest", "--store", store, "2026"}) == "20261129T1-x-1\n");
  CHECK(offered({"check", "--store", (folder.path / "none").string(), ""}) == "latest\n");
}

TEST_CASE("bash offers what the harness says") {
  const ScratchFolder folder;
  const auto script = folder.path / "offered.bash";
  std::ofstream out(script);
  out << completion_script("bash") << R"(
harness() { [ "$1 $2 $3 $4" = "completion --words run fail" ] && printf 'failover\twords\nfail it\n'; }
COMP_WORDS=(harness run fail); COMP_CWORD=2
_harness; printf '%s\n' "${COMPREPLY[@]}"
)";
  out.close();
  CHECK(output_of("bash " + script.string() + " 2>&1") == "failover\nfail it\n");
}

TEST_CASE("Every shell has a script, and another shell is refused") {
  for (const char* shell : {"bash", "zsh", "fish"})
    CHECK_THAT(completion_script(shell), Catch::Contains("completion --words"));
  CHECK_THROWS_WITH(completion_script("bsh"), Catch::Contains("did you mean 'bash'"));
}

TEST_CASE("Every verb tells what it takes, and none of it is carried out") {
  for (const CommandEntry& command : commands()) {
    const CommandHelp help = help_of(command);
    INFO(command.name);
    CHECK_FALSE(help.description.empty());
    CHECK(
        std::ranges::any_of(help.options, [](const OptionHelp& option) { return option.name == "--help"; }));
    CHECK(std::ranges::is_partitioned(help.options, &OptionHelp::positional));
  }
}

TEST_CASE("A manual page has every option of its verb, and nothing that roff would take for a request") {
  for (const CommandEntry& command : commands()) {
    const CommandHelp help = help_of(command);
    const std::string page = man_page(help);
    INFO(page);
    CHECK(page.starts_with(".TH HARNESS\\-"));
    for (const OptionHelp& option : help.options) {
      std::string name = option.name;
      for (std::size_t at = 0; (at = name.find('-', at)) != std::string::npos; at += 2) name.insert(at, "\\");
      CHECK_THAT(page, Catch::Contains(name));
    }
  }
  for (const CommandEntry& command : commands())
    CHECK_THAT(man_page(), Catch::Contains("harness\\-" + std::string(command.name)));
}

TEST_CASE("man finds nothing to complain of") {
  if (std::system("command -v man >/dev/null 2>&1") != 0) return;
  const ScratchFolder folder;
  for (const CommandEntry& command : commands()) {
    const auto file = folder.path / (std::string(command.name) + ".1");
    std::ofstream(file) << man_page(help_of(command));
    CHECK(output_of("MANWIDTH=60 man --warnings -l " + file.string() + " 2>&1 >/dev/null").empty());
  }
}
