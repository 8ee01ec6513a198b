// "votes", shown a good record, bad ones and one that proves nothing.
#include "checkers/promises/votes.h"

#include <catch2/catch.hpp>

#include "checkers/promises/falsified_run_test.h"
#include "checkers/promises/findings_test.h"

using namespace harness;
using namespace harness::testing;

TEST_CASE("votes") {
  RunRecord run = healthy();
  SECTION("good") {
    const CheckResult result = check_votes(run, {});
    INFO(result.explanation);
    CHECK(result.valid == Validity::kValid);
    CHECK(measured(result, "votes") == 2);
    CHECK(measured(result, "elections_won") == 1);
  }
  SECTION("bad: a vote that nodes.conf does not hold in the end") {
    add_line(run, 2, 21'900, "nodes.conf: current epoch 7, last vote in epoch 7, own config epoch 2");
    add_line(run, 3, 21'900, "nodes.conf: current epoch 7, last vote in epoch 7, own config epoch 3");
    CHECK(check_votes(run, {}).valid == Validity::kValid);
    run.logs.back().text = "nodes.conf: current epoch 7, last vote in epoch 0, own config epoch 3";
    CHECK(violates(check_votes(run, {}), "vote-not-saved"));
    CommandRecord reset;
    reset.words = {"CLUSTER", "RESET", "HARD"};
    run.commands = {reset};
    CHECK(check_votes(run, {}).valid == Validity::kValid);
  }
  SECTION("bad: two votes in one epoch, a vote for an old one") {
    add_line(run, 2, 12'900, "Failover auth granted to " + id(5) + " for epoch 7");
    CHECK(violates(check_votes(run, {}), "voted-twice"));
    add_line(run, 3, 12'900, "Failover auth granted to " + id(5) + " for epoch 6");
    CHECK(violates(check_votes(run, {}), "voted-for-old-epoch"));
  }
  SECTION("bad: again for the same master, too soon") {
    // n4 is still a replica by the looks before its promotion.
    add_line(run, 2, 12'000, "Failover auth granted to " + id(4) + " for epoch 5");
    CHECK(violates(check_votes(run, {}), "votes-too-close"));
    run.info.server.flavor = "valkey";
    run.info.server.version = "9.1.2";
    CHECK_FALSE(violates(check_votes(run, {}), "votes-too-close"));
    run.info.server = healthy().info.server;
    REQUIRE(violates(check_votes(run, {}), "votes-too-close"));
    run.plan.cluster.directives["cluster-strong"] = "yes";  // ballots come as they are needed
    CHECK_FALSE(violates(check_votes(run, {}), "votes-too-close"));
  }
  SECTION("good: again for the same master, by a voter whose clock was moved") {
    add_line(run, 2, 12'000, "Failover auth granted to " + id(4) + " for epoch 5");
    move_clock(run, 2, 12'100);
    CHECK_FALSE(violates(check_votes(run, {}), "votes-too-close"));
  }
  SECTION("bad: a vote against a master that is well") {
    add_line(run, 3, 5'000, "Failover auth granted to " + id(5) + " for epoch 5");
    CHECK(violates(check_votes(run, {}), "vote-without-failure"));
    RunRecord strong = run;
    strong.plan.cluster.directives["cluster-strong"] = "yes";  // a lease that is over is reason enough
    CHECK_FALSE(violates(check_votes(strong, {}), "vote-without-failure"));
    FaultRecord asked;
    asked.nodes = {4};
    asked.requested = 4'900 * kMillisecond;
    asked.effects.emplace_back();
    asked.effects[0].kind = EffectKind::kHandover;
    asked.effects[0].nodes = {4};
    run.faults.push_back(asked);
    CHECK_FALSE(violates(check_votes(run, {}), "vote-without-failure"));
    run.faults.back().requested -= 11 * kSecond;  // given up long ago
    CHECK(violates(check_votes(run, {}), "vote-without-failure"));
    move_clock(run, 3, 4'000);  // then nobody knows when it voted
    CHECK_FALSE(violates(check_votes(run, {}), "vote-without-failure"));
  }
  SECTION("good: a takeover needs no vote") {
    std::erase_if(run.logs,
                  [](const LogLine& line) { return line.text.find("auth granted") != std::string::npos; });
    std::erase_if(run.logs,
                  [](const LogLine& line) { return line.text.find("election won") != std::string::npos; });
    CHECK(check_votes(run, {}).valid == Validity::kUnknown);
    FaultRecord asked;
    asked.nodes = {3};
    asked.requested = 11'900 * kMillisecond;
    asked.effects.emplace_back();
    asked.effects[0].kind = EffectKind::kHandover;
    asked.effects[0].nodes = {3};
    asked.effects[0].forced = true;
    run.faults.push_back(asked);
    CHECK(check_votes(run, {}).valid == Validity::kValid);
  }
  SECTION("good: Valkey 9.1's best-ranked replica asks with force; one of a lower rank does not") {
    add_line(run, 3, 5'000, "Failover auth granted to " + id(5) + " for epoch 5");
    run.info.server.flavor = "valkey";
    run.info.server.version = "9.1.2";
    CHECK_FALSE(violates(check_votes(run, {}), "vote-without-failure"));
    add_line(run, 5, 4'900,
             "Start of election delayed for 0 milliseconds (rank #1, primary rank #0, offset 70).");
    CHECK(violates(check_votes(run, {}), "vote-without-failure"));
    run.info.server.version = "8.1.1";
    CHECK(violates(check_votes(run, {}), "vote-without-failure"));
  }
  SECTION("bad: won without a majority") {
    std::erase_if(run.logs, [](const LogLine& line) {
      return line.node == 1 && line.text.find("granted") != std::string::npos;
    });
    CHECK(violates(check_votes(run, {}), "won-without-majority"));
  }
  SECTION("no evidence") {
    std::erase_if(run.logs,
                  [](const LogLine& line) { return line.text.find("ailover") != std::string::npos; });
    CHECK(check_votes(run, {}).valid == Validity::kUnknown);
  }
}
