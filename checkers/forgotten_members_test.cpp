// What CLUSTER FORGET of a member, sent by the plan, excuses, and what it does not.
#include "checkers/forgotten_members.h"

#include <catch2/catch.hpp>

#include "checkers/judge.h"
#include "checkers/promises/falsified_run_test.h"

using namespace harness;
using namespace harness::testing;
using Catch::Matchers::Contains;

namespace {

CheckResult check(std::string_view checker, const RunRecord& run) {
  const std::string_view names[] = {checker};
  return judge(run, {}, names).checks.front();
}

void command(RunRecord& run, int node, int ms, std::vector<std::string> words) {
  CommandRecord sent;
  sent.step = "s" + std::to_string(ms);
  sent.node = node - 1;
  sent.time = RecordBuilder::nanos(ms);
  sent.replied = sent.time + kMillisecond;
  sent.answered = true;
  sent.reply = "OK";
  sent.words = std::move(words);
  run.commands.push_back(sent);
}

void does_not_list(RunRecord& run, int viewer, int node) {
  std::erase_if(last_view_of(run, viewer).topology.nodes,
                [&](const TopologyNode& line) { return line.id == id(node); });
}

/// In the end n2 does not list n6, a replica.
RunRecord without_n6() {
  RunRecord run = healthy();
  does_not_list(run, 2, 6);
  return run;
}

}  // namespace

TEST_CASE("a member that the plan told another one to forget may be missing anywhere, ban or not") {
  for (const std::string_view checker : {"membership", "role-convergence"}) {
    RunRecord run = without_n6();
    REQUIRE(check(checker, run).violations > 0);
    command(run, 1, 12'000, {"cluster", "forget", id(6)});
    SECTION(std::string(checker)) {}
    SECTION(std::string(checker) + ", met again while the ban lasts") {
      command(run, 1, 14'000, {"CLUSTER", "MEET", run.nodes[5].ip, std::to_string(run.nodes[5].port)});
    }
    const CheckResult result = check(checker, run);
    CHECK(result.violations == 0);
    CHECK(result.valid == Validity::kUnknown);
    CHECK_THAT(result.explanation, Contains("told n1 at") && Contains("to forget n6"));
  }
}

TEST_CASE("a FORGET does not excuse that a node lacks another member") {
  RunRecord run = without_n6();
  command(run, 1, 12'000, {"CLUSTER", "FORGET", id(6)});
  SECTION("besides the forgotten one") {
    does_not_list(run, 2, 5);
  }
  SECTION("the command was refused") {
    run.commands.back().refused = true;
  }
  SECTION("the command was about another node") {
    run.commands.back().words[2] = id(5);
  }
  SECTION("they met again after the ban") {
    run.commands.back().time -= 62 * kSecond;
    run.commands.back().replied -= 62 * kSecond;
    command(run, 1, 14'000, {"CLUSTER", "MEET", run.nodes[5].ip, std::to_string(run.nodes[5].port)});
  }
  CHECK(check("membership", run).valid == Validity::kInvalid);
}

TEST_CASE("slots that nobody serves are excused by a FORGET of their master, not of a replica") {
  RunRecord run = healthy();
  last_view_of(run, 3).cluster.state_ok = false;
  const CheckResult before = check("slot-coverage", run);
  const int forgotten = GENERATE(2, 6);
  command(run, 1, 5'000, {"CLUSTER", "FORGET", id(forgotten)});
  const CheckResult after = check("slot-coverage", run);
  REQUIRE(before.violations > 0);
  CHECK((after.violations == 0) == (forgotten == 2));
}
