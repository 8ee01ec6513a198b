#include "harness/core/command_effects.h"

#include <catch2/catch.hpp>

using namespace harness;

namespace {

CommandRecord sent(std::vector<std::string> words, const std::string& reply = "OK") {
  CommandRecord command;
  command.step = "s1";
  command.time = kSecond;
  command.replied = 2 * kSecond;
  command.node = 3;
  command.words = std::move(words);
  command.answered = true;
  command.reply = reply;
  return command;
}

}  // namespace

TEST_CASE("commands that change the cluster have the effects that their words say") {
  const auto faults =
      faults_of_commands({sent({"cluster", "failover", "takeover"}), sent({"CLUSTER", "FAILOVER"}),
                          sent({"FLUSHALL"}), sent({"DEBUG", "SLEEP", "1"})});
  REQUIRE(faults.size() == 4);
  CHECK(faults[0].effects.front().kind == EffectKind::kHandover);
  CHECK(faults[0].effects.front().forced);
  CHECK(faults[0].description == "cluster failover takeover");
  CHECK(faults[0].effects.front().nodes == std::vector<int>{3});
  CHECK_FALSE(faults[1].effects.front().forced);
  CHECK(faults[2].effects.front().kind == EffectKind::kData);
  CHECK(faults[3].effects.front().kind == EffectKind::kStopped);
  CHECK(faults[3].healed == 2 * kSecond);
}

TEST_CASE("a script that holds its node stops it for so long, a quick one does not") {
  CommandRecord quick = sent({"EVAL", "return 1", "0"});
  quick.replied = quick.time + kMillisecond;
  CHECK(faults_of_commands({quick}).empty());

  CommandRecord killed = sent({"eval", "while true do end", "0"}, "ERR Error running script: killed by user");
  killed.refused = true;
  const auto faults = faults_of_commands({killed});
  REQUIRE(faults.size() == 1);
  CHECK(faults[0].effects.front().kind == EffectKind::kStopped);
  CHECK(faults[0].effects.front().excuses.dead_link);
  CHECK(faults[0].requested == kSecond);
  CHECK(faults[0].healed == 2 * kSecond);
}

TEST_CASE("a command that asks for a crash excuses its report, one that asks for an end does not") {
  const auto faults = faults_of_commands({sent({"DEBUG", "SEGFAULT"}), sent({"SHUTDOWN", "NOSAVE"})});
  REQUIRE(faults.size() == 2);
  CHECK(faults[0].effects.front().excuses.exits);
  CHECK_FALSE(faults[0].effects.front().excuses.log_lines.empty());
  CHECK(faults[1].effects.front().excuses.exits);
  CHECK(faults[1].effects.front().excuses.log_lines.empty());
}

TEST_CASE("commands that only look, and those that were refused, have no effect") {
  CommandRecord refused = sent({"CLUSTER", "FAILOVER"}, "ERR You should send CLUSTER FAILOVER to a replica");
  refused.refused = true;
  CHECK(faults_of_commands({sent({"CLUSTER", "NODES"}), sent({"GET", "k"}), refused, sent({})}).empty());
}
