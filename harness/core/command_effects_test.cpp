#include "harness/core/command_effects.h"

#include <algorithm>
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

TEST_CASE("CONFIG SET tells each setting as a fault does") {
  const auto faults =
      faults_of_commands({sent({"config", "set", "Cluster-Node-Timeout", "5000", "maxclients", "900"})});
  REQUIRE(faults.size() == 1);
  REQUIRE(faults[0].effects.size() == 2);
  CHECK(faults[0].effects[0].detail == "cluster-node-timeout 5000");
  CHECK(faults[0].effects[1].detail == "maxclients 900");
  CHECK(faults[0].effects[1].kind == EffectKind::kConfig);
  CHECK(faults[0].effects[1].nodes == std::vector<int>{3});
}

TEST_CASE("each command that asks for a crash excuses the report that it asks for") {
  const auto excuses = [](const std::string& word, const std::string& line) {
    const auto faults = faults_of_commands({sent({"debug", word})});
    REQUIRE(faults.size() == 1);
    CHECK(faults[0].effects.front().kind == EffectKind::kDown);
    return std::ranges::any_of(faults[0].effects.front().excuses.log_lines,
                               [&](const std::string& part) { return line.find(part) != std::string::npos; });
  };
  const std::string assertion = "=== ASSERTION FAILED CLIENT CONTEXT ===";
  const std::string memory = "Out Of Memory allocating 9223372036854775807 bytes!";
  CHECK(excuses("ASSERT", assertion));
  CHECK(excuses("OOM", memory));
  CHECK(excuses("OOM", "------- Guru Meditation: aborting for OUT OF MEMORY"));
  CHECK_FALSE(excuses("PANIC", assertion));
  CHECK_FALSE(excuses("SEGFAULT", memory));
  CHECK_FALSE(excuses("RESTART", "crashed by signal: 11"));
}

TEST_CASE("a cron that stands still stops its node until it goes on") {
  CommandRecord on = sent({"DEBUG", "PAUSE-CRON", "0"});
  on.time = 8 * kSecond;
  on.replied = 9 * kSecond;
  const auto faults = faults_of_commands({sent({"DEBUG", "PAUSE-CRON", "1"}), on});
  REQUIRE(faults.size() == 1);
  CHECK(faults[0].effects.front().kind == EffectKind::kStopped);
  CHECK(faults[0].healed == 9 * kSecond);
  CHECK(faults_of_commands({sent({"DEBUG", "PAUSE-CRON", "1"})}).front().healed == kNever);
}

TEST_CASE("commands that only look, and those that were refused, have no effect") {
  CommandRecord refused = sent({"CLUSTER", "FAILOVER"}, "ERR You should send CLUSTER FAILOVER to a replica");
  refused.refused = true;
  CHECK(faults_of_commands({sent({"CLUSTER", "NODES"}), sent({"GET", "k"}), refused, sent({})}).empty());
}

namespace {

bool has(const FaultRecord& fault, EffectKind kind) {
  return std::ranges::any_of(fault.effects, [&](const Effect& effect) { return effect.kind == kind; });
}

CommandRecord sent_at(int second, std::vector<std::string> words, const std::string& reply = "OK") {
  CommandRecord command = sent(std::move(words), reply);
  command.time = second * kSecond;
  command.replied = command.time + kMillisecond;
  return command;
}

}  // namespace

TEST_CASE("a limit of memory may evict keys until it is taken back, where the policy is one that evicts") {
  const std::vector<CommandRecord> commands = {
      sent_at(1, {"config", "set", "maxmemory", "1"}),
      sent_at(2, {"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"}),
      sent_at(3, {"CONFIG", "SET", "maxmemory", "0mb"}), sent_at(4, {"CONFIG", "SET", "hz", "5"})};
  CHECK_FALSE(has(faults_of_commands(commands)[0], EffectKind::kData));
  CHECK(has(faults_of_commands(commands)[1], EffectKind::kData));
  const auto faults = faults_of_commands(commands, true);
  REQUIRE(faults.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    CAPTURE(i);
    CHECK(has(faults[i], EffectKind::kConfig));
    CHECK(has(faults[i], EffectKind::kData) == (i < 2));
  }
  for (std::size_t i = 0; i < 2; ++i) CHECK(faults[i].healed == 3 * kSecond + kMillisecond);
  CHECK(faults_of_commands({sent({"CONFIG", "SET", "maxmemory", "1"})}, true)[0].healed == kNever);
}

TEST_CASE("the policy of eviction is one of the plan's directives, or of a fault") {
  RunRecord run;
  CHECK_FALSE(has_evicting_policy(run));
  run.plan.cluster.directives["maxmemory-policy"] = "noeviction";
  CHECK_FALSE(has_evicting_policy(run));
  RunRecord of_a_node = run;
  of_a_node.plan.cluster.nodes["n2"].directives["maxmemory-policy"] = "volatile-ttl";
  CHECK(has_evicting_policy(of_a_node));
  FaultRecord set;
  set.effects.emplace_back();
  set.effects[0].detail = "maxmemory-policy allkeys-lru";
  run.faults.push_back(set);
  CHECK(has_evicting_policy(run));
}

TEST_CASE("scripts that flush, and loading what the files hold, replace a node's data") {
  const std::vector<std::vector<std::string>> replacing = {{"EVAL", "return redis.call('flushall')", "0"},
                                                           {"debug", "reload", "nosave"}};
  for (const auto& words : replacing) {
    const auto faults = faults_of_commands({sent_at(1, words)});
    REQUIRE(faults.size() == 1);
    CHECK(has(faults[0], EffectKind::kData));
    CHECK(faults[0].effects.front().excuses.lost_data == (words.front() == "debug"));
  }
  CHECK(faults_of_commands({sent_at(1, {"DEBUG", "RELOAD"})}).empty());
  CHECK(faults_of_commands({sent_at(1, {"FCALL", "f", "0"})}).empty());
  const auto faults = faults_of_commands(
      {sent_at(1, {"SCRIPT", "LOAD", "redis.call('FLUSHDB')"}), sent_at(2, {"EVALSHA", "abc", "0"})});
  REQUIRE(faults.size() == 1);
  CHECK(has(faults[0], EffectKind::kData));
}

TEST_CASE("a command that was queued acts by the end of its transaction") {
  const auto faults = faults_of_commands({sent_at(1, {"MULTI"}), sent_at(2, {"FLUSHALL"}, "QUEUED"),
                                          sent_at(5, {"exec"}, "[OK]"), sent_at(9, {"EXEC"}, "[OK]")});
  REQUIRE(faults.size() == 1);
  CHECK(faults[0].requested == 2 * kSecond);
  CHECK(faults[0].active == 5 * kSecond + kMillisecond);
}

TEST_CASE("a filter of messages is a fault of the bus until it is taken away") {
  const CommandRecord set = sent_at(1, {"DEBUG", "DROP-CLUSTER-PACKET-FILTER", "-2"});
  CommandRecord back = sent_at(4, {"DEBUG", "DROP-CLUSTER-PACKET-FILTER", "-1"});
  const auto faults = faults_of_commands({set, back});
  REQUIRE(faults.size() == 1);
  CHECK(has(faults[0], EffectKind::kBus));
  CHECK(faults[0].heals);
  CHECK(faults[0].healed == 4 * kSecond + kMillisecond);
  CHECK(left_to_take_back({set, back}).empty());
  back.answered = false;
  CHECK(faults_of_commands({set, back})[0].healed == kNever);
}

TEST_CASE("a filter that nobody took away is left to be, at each node, a limit of memory is not") {
  CommandRecord elsewhere = sent_at(2, {"debug", "drop-cluster-packet-filter", "7"});
  elsewhere.node = 1;
  CommandRecord refused = elsewhere;
  refused.node = 2;
  refused.refused = true;
  const auto left = left_to_take_back({sent_at(1, {"DEBUG", "DROP-CLUSTER-PACKET-FILTER", "0"}), elsewhere,
                                       sent_at(3, {"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"}),
                                       sent_at(4, {"DEBUG", "DROP-CLUSTER-PACKET-FILTER", "1"}), refused});
  REQUIRE(left.size() == 2);
  CHECK(left[0].node == 3);
  CHECK(left[1].node == 1);
  CHECK(left[1].step == "s1");
  CHECK(left[1].words == std::vector<std::string>{"DEBUG", "DROP-CLUSTER-PACKET-FILTER", "-1"});
}
