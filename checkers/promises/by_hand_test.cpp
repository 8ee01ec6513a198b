// What commands of the plan did to keys of a load.
#include "checkers/promises/by_hand.h"

#include <catch2/catch.hpp>

#include "checkers/promises/data_agreement.h"
#include "checkers/promises/documented.h"
#include "checkers/promises/falsified_run_test.h"
#include "checkers/promises/findings_test.h"

using namespace harness;
using namespace harness::testing;

namespace {

CommandRecord answered(std::vector<std::string> words, bool refused = false) {
  CommandRecord command;
  command.step = "by-hand";
  command.time = 5 * kSecond;
  command.replied = command.time + kMillisecond;
  command.node = 0;
  command.words = std::move(words);
  command.answered = true;
  command.refused = refused;
  return command;
}

/// A key that is written, and then read as absent from the same master.
CheckResult of_a_key_that_is_gone(const std::string& key, const std::vector<CommandRecord>& commands,
                                  bool strict = false) {
  FailoverRun scene;
  scene.b.write(10, key, 1, {3'000, 3'001}, 1);
  scene.b.read(11, key, 1, {3'100, 3'101}, 1);
  scene.b.read(11, key, std::nullopt, {6'000, 6'001}, 1);
  RunRecord run = scene.finish();
  run.commands = commands;
  CheckOptions options;
  options.strict = strict;
  return check_register(run, options);
}

}  // namespace

TEST_CASE("a key that a command of the plan wrote is not judged, any other is") {
  const std::string key = key_of(0, 1);
  CHECK(of_a_key_that_is_gone(key, {}).valid == Validity::kInvalid);
  const auto not_judged = [&](std::vector<std::string> words, bool strict = false) {
    const CheckResult result = of_a_key_that_is_gone(key, {answered(std::move(words))}, strict);
    INFO(result.explanation);
    return result.valid == Validity::kUnknown && result.violations == 0 &&
           result.explanation.find("1 key not judged") != std::string::npos;
  };
  CHECK(not_judged({"DEL", key}));
  CHECK(not_judged({"del", "another", key}));
  CHECK(not_judged({"DEL", key}, true));
  CHECK(not_judged({"EVAL", "return redis.call('DEL', KEYS[1])", "1", key}));
  CHECK(not_judged({"EVAL", "return redis.call('DEL', '" + key + "')", "0"}));
  CHECK_FALSE(not_judged({"DEL", key + "0"}));
  CHECK_FALSE(not_judged({"GET", key}));
  CHECK_FALSE(not_judged({"MIGRATE", "10.0.0.1", "6379", key, "0", "100"}));
  CHECK(of_a_key_that_is_gone(key, {answered({"DEL", key}, true)}).valid == Validity::kInvalid);
}

TEST_CASE("a slot that a command gave or took leaves its keys behind: they are not judged") {
  const std::string key = key_of(0, 1);
  const std::string slot = std::to_string(slot_of(key));
  const auto violates_by = [&](std::vector<std::string> words) {
    return of_a_key_that_is_gone(key, {answered(std::move(words))}).violations > 0;
  };
  CHECK_FALSE(violates_by({"CLUSTER", "DELSLOTS", slot}));
  CHECK_FALSE(violates_by({"cluster", "addslotsrange", "0", slot}));
  CHECK_FALSE(violates_by({"CLUSTER", "FLUSHSLOTS"}));
  CHECK(violates_by({"CLUSTER", "SETSLOT", slot, "NODE", id(2)}));
  CHECK(violates_by({"CLUSTER", "DELSLOTS", std::to_string(slot_of(key) + 1)}));

  RunRecord run = healthy();
  run.final_data[1].values[key_of(0)] = "5";
  CHECK(violates(check_data_agreement(run, {}), "misplaced-key"));
  run.commands = {answered({"CLUSTER", "DELSLOTS", std::to_string(slot_of(key_of(0)))})};
  CHECK_FALSE(violates(check_data_agreement(run, {}), "misplaced-key"));
}
