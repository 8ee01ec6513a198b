// The documented verdict where a node starts again, or never had its master's data: what a restart may lose,
// and who must not be elected.
#include <catch2/catch.hpp>

#include "checkers/promises/analysis.h"
#include "checkers/promises/documented.h"
#include "checkers/promises/findings_test.h"
#include "checkers/promises/record_builder_test.h"

using namespace harness;
using namespace harness::testing;

namespace {

/// n1 is killed at 5 s, with what it acknowledged `age` ms before that, and restarts without that write.
CheckResult restarted_without(Persistence persistence, int age, int answered = 8'000,
                              std::vector<std::vector<std::string>> commands = {}) {
  RecordBuilder b;
  b.observe_until(5'000);
  b.fault("kill", 1, 5'000, 5'010);
  b.crash(1, 9);
  b.observe_until(5'500);
  b.restart(1);
  b.observe_until(9'000);
  const std::string key = key_of(0);
  b.write(1, key, 1, {4'999.0 - age, 5'000.0 - age}, 1);
  b.load(key_of(1), 3, 0, 8'000, 2);
  b.read(2, key, std::nullopt, {answered + 0.0, answered + 1.0}, 1);
  b.run.plan.cluster.persistence = persistence;
  RunRecord run = b.finish();
  for (std::vector<std::string>& words : commands) {
    CommandRecord& command = run.commands.emplace_back();
    command.node = 0;
    command.time = command.replied = kSecond;
    command.words = std::move(words);
  }
  return check_register(run, {});
}

/// n1 is killed at 10 s and replaced by n4 at 12.4 s; it restarts at 16 s without its data, and is demoted
/// only at `demoted`.
CheckResult replaced_and_back(int demoted, bool other_fault = false) {
  RecordBuilder b;
  const std::string key = key_of(0);
  b.observe_until(10'000);
  b.fault("kill", 1, 10'000, 10'010);
  b.crash(1, 9);
  b.observe_until(12'400);
  b.promote(4, 7);
  b.observe_until(16'000);
  b.fault("restart", 1, 16'000, 16'010);
  b.restart(1);
  if (other_fault) b.fault("pause", 2, 15'900, 15'910, 24'000, 24'010);
  b.observe_until(demoted);
  b.demote(1, 4);
  b.observe_until(26'000);
  b.end(25'000, 25'500, 26'000);
  b.load(key_of(1), 3, 0, 25'000, 2);
  b.write(1, key, 1, {4'000, 4'001}, 1);
  b.read(2, key, 1, {13'000, 13'001}, 4);
  b.read(2, key, std::nullopt, {16'150, 16'151}, 1);
  return check_register(b.finish(), {});
}

}  // namespace

namespace {

/// n1 dies at 5 s and is replaced by n4 at 7.4 s, which dies at 9 s and restarts at 9.5 s before anybody
/// misses it. Of the key nothing was asked while n4 served: it lost its write in the first step or in the
/// second.
CheckResult lost_on_the_way(Persistence persistence, double written) {
  RecordBuilder b;
  b.observe_until(5'000);
  b.fault("kill", 1, 5'000, 5'010);
  b.crash(1, 9);
  b.observe_until(7'400);
  b.promote(4, 7);
  b.observe_until(9'000);
  b.fault("kill", 4, 9'000, 9'010);
  b.crash(4, 9);
  b.observe_until(9'500);
  b.restart(4);
  b.observe_until(14'000);
  b.load(key_of(1), 3, 0, 13'000, 2);
  b.write(1, key_of(0), 1, {written, written + 1}, 1);
  b.write(2, key_of(0, 1), 2, {4'500, 4'501}, 1);  // survives the failover
  b.read(2, key_of(0, 1), 2, {8'000, 8'001}, 4);
  b.read(2, key_of(0), std::nullopt, {12'000, 12'001}, 4);
  b.run.plan.cluster.persistence = persistence;
  return check_register(b.finish(), {});
}

}  // namespace

TEST_CASE("what a failover or a restart after it may have lost is excused by either") {
  SECTION("an old write: no failover loses it, a restart without files does") {
    const CheckResult result = lost_on_the_way(Persistence::kNone, 1'000);
    INFO(result.explanation);
    CHECK(result.valid == Validity::kValid);
    CHECK(result.allowed == 1);
  }
  SECTION("the last one: no restart with append-always loses it, a failover does") {
    const CheckResult result = lost_on_the_way(Persistence::kAppendAlways, 4'998);
    INFO(result.explanation);
    CHECK(result.valid == Validity::kValid);
    CHECK(result.allowed == 1);
  }
  SECTION("an old one under append-always is excused by neither") {
    const CheckResult result = lost_on_the_way(Persistence::kAppendAlways, 1'000);
    INFO(result.explanation);
    CHECK(result.valid == Validity::kUnknown);  // the file of one that was a replica may be an old one
  }
}

TEST_CASE("a master restarted before it is replaced may lose what its persistence allows, and no more") {
  const auto found = [](Persistence persistence, int age) {
    const CheckResult result = restarted_without(persistence, age);
    INFO(result.explanation);
    CHECK(allowed_in(result, "lost-write", "restart") == (result.valid == Validity::kValid));
    CHECK(violates(result, "lost-write-outside-window") == (result.valid == Validity::kInvalid));
    return result.valid;
  };
  for (const Persistence persistence : {Persistence::kNone, Persistence::kStock, Persistence::kSnapshot,
                                        Persistence::kAppendNo, Persistence::kAppendEverysec})
    CHECK(found(persistence, 900) == Validity::kValid);
  for (const Persistence persistence :
       {Persistence::kNone, Persistence::kStock, Persistence::kSnapshot, Persistence::kAppendNo})
    CHECK(found(persistence, 4'000) == Validity::kValid);
  CHECK(found(Persistence::kAppendEverysec, 1'500) == Validity::kUnknown);
  CHECK(found(Persistence::kAppendEverysec, 2'500) == Validity::kInvalid);
  CHECK(found(Persistence::kAppendAlways, 500) == Validity::kInvalid);
}

TEST_CASE("a command of the plan blurs what a file must hold only if it may change files or a load's keys") {
  const auto found = [](std::vector<std::string> words) {
    return restarted_without(Persistence::kAppendAlways, 500, 8'000, {std::move(words)}).valid;
  };
  CHECK(found({"EVAL", "redis.call('SET', KEYS[1], 1)", "1", "early"}) == Validity::kInvalid);
  CHECK(found({"ping"}) == Validity::kInvalid);
  CHECK(found({"EVAL", "redis.call('flushall')", "0"}) == Validity::kUnknown);
  CHECK(found({"SET", key_of(0), "7"}) == Validity::kUnknown);
  CHECK(found({"CONFIG", "SET", "appendonly", "no"}) == Validity::kUnknown);
  CHECK(found({"DEBUG", "RELOAD"}) == Validity::kUnknown);
}

TEST_CASE("a master that was replaced must not serve its old data for long after its restart") {
  CheckResult result = replaced_and_back(16'300);
  INFO(result.explanation);
  CHECK(result.valid == Validity::kValid);
  CHECK(allowed_in(result, "lost-write", "b"));

  result = replaced_and_back(22'000);
  INFO(result.explanation);
  CHECK(result.valid == Validity::kInvalid);
  CHECK(violates(result, "lost-write-outside-window"));

  result = replaced_and_back(22'000, true);
  INFO(result.explanation);
  CHECK(result.valid == Validity::kUnknown);
}

TEST_CASE("a replica that never copied its master must not replace it: all that is lost is a violation") {
  const auto elected = [](int crash, bool told) {
    RecordBuilder b;
    b.observe_until(5'000);
    b.give(4, 2);
    b.observe_until(crash);
    b.fault("debug-segfault", 2, crash, crash + 1);
    b.crash(2);
    b.observe_until(9'000);
    Effect handover;
    handover.kind = EffectKind::kHandover;
    handover.nodes = {3};
    if (told) b.fault("takeover", 4, 8'990, 8'991).effects = {handover};
    b.promote(4, 7);
    b.observe_until(12'000);
    b.end(11'000, 11'500, 12'000);
    const std::string key = key_of(1);
    b.write(1, key, 1, {2'000, 2'001}, 2);
    b.read(2, key, std::nullopt, {10'000, 10'001}, 4);
    return b.finish();
  };
  const RunRecord run = elected(6'000, false);
  const CheckResult result = check_register(run, {});
  INFO(result.explanation);
  CHECK(result.valid == Validity::kInvalid);
  CHECK(violates(result, "lost-write-outside-window"));
  CHECK_THAT(result.explanation, Catch::Contains("n4 was elected though it had copied nothing of n2"));
  const Analysis analysis(run);
  const std::vector<Failover> failovers = find_failovers(analysis);
  REQUIRE(failovers.size() == 1);
  CHECK(failovers[0].from == 1);
  CHECK(failovers[0].to == 3);

  // Between its last look and its election it may have copied the master; or somebody wanted it so.
  CHECK(check_register(elected(9'000, false), {}).valid == Validity::kUnknown);
  CHECK(check_register(elected(6'000, true), {}).valid == Validity::kUnknown);
}

TEST_CASE("a replica that is reset takes over from nobody") {
  RecordBuilder b;
  b.observe_until(5'000);
  b.reset(4);
  b.observe_until(9'000);
  const std::string key = key_of(0);
  b.write(1, key, 1, {4'000, 4'001}, 1);
  b.write(1, key, 2, {6'000, 6'001}, 1);
  b.read(2, key, 2, {7'000, 7'001}, 1);
  b.load(key_of(1), 3, 0, 8'000, 2);
  const CheckResult result = check_register(b.finish(), {});
  INFO(result.explanation);
  CHECK(result.valid == Validity::kValid);
  CHECK(result.violations == 0);
}
