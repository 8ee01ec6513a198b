// The plan's own expectations: kept, broken, and not decided.
#include "checkers/promises/expectations.h"
#include "checkers/promises/analysis.h"

#include <catch2/catch.hpp>

#include "checkers/promises/strength.h"

using namespace harness;
using Catch::Contains;

namespace {

RunRecord record() {
  RunRecord run;
  NodeInfo node;
  node.name = "n1";
  run.nodes = {node};
  return run;
}

ExpectationRecord expectation(bool held, bool failed,
                              ExpectationRecord::Kind kind = ExpectationRecord::Kind::kExpect) {
  ExpectationRecord made;
  made.step = "e";
  made.kind = kind;
  made.condition = "owner slot=42 node=n2";
  made.began = kSecond;
  made.patience = 4 * kSecond;
  made.until = 5 * kSecond;
  if (held) made.held_at = 2 * kSecond;
  made.failed = failed;
  made.why = "n1 has n3 as owner of slot 42";
  return made;
}

CommandRecord command(bool answered, bool ok, std::string expected = "OK") {
  CommandRecord made;
  made.step = "c";
  made.time = kSecond;
  made.replied = kSecond;
  made.node = 0;
  made.words = {"CLUSTER", "MEET"};
  made.answered = answered;
  made.reply = answered ? "ERR no" : "timed out";
  made.expected = std::move(expected);
  made.ok = ok;
  return made;
}

}  // namespace

TEST_CASE("expectations that held, and replies that came, are valid, so is a plan that expects nothing") {
  RunRecord run = record();
  CHECK(check_expectations(run, {}).valid == Validity::kNotApplicable);
  run.expectations = {expectation(true, false), expectation(false, true, ExpectationRecord::Kind::kWait),
                      expectation(false, true, ExpectationRecord::Kind::kWhen)};
  run.commands = {command(true, true), command(true, true, ""), command(false, false, "")};
  const CheckResult result = check_expectations(run, {});
  CHECK(result.valid == Validity::kValid);
  CHECK(result.operations == 2);
}

TEST_CASE("an expectation that failed is a violation under its step's name") {
  RunRecord run = record();
  run.expectations = {expectation(false, true)};
  CheckResult result = check_expectations(run, {});
  CHECK(result.valid == Validity::kInvalid);
  REQUIRE(result.anomalies.size() == 1);
  CHECK(result.anomalies[0].type == "expectation:e");
  CHECK_THAT(result.anomalies[0].explanation, Contains("owner slot=42") && Contains("n1 has n3 as owner"));
  CHECK_THAT(result.anomalies[0].headline,
             Contains("Step e expected 'owner slot=42") && Contains("did not come"));

  run.counters.host_stall_max = 3 * kSecond;  // the cluster had no time
  result = check_expectations(run, {});
  CHECK(result.valid == Validity::kUnknown);
}

TEST_CASE("an expectation that the run's end cut off proves nothing") {
  RunRecord run = record();
  run.expectations = {expectation(false, false)};
  const CheckResult result = check_expectations(run, {});
  CHECK(result.valid == Validity::kUnknown);
  CHECK_THAT(result.explanation, Contains("ended before"));
}

TEST_CASE("another reply is a violation, none at all is unknown") {
  RunRecord run = record();
  run.commands = {command(true, false)};
  CheckResult result = check_expectations(run, {});
  CHECK(result.valid == Validity::kInvalid);
  REQUIRE(result.anomalies.size() == 1);
  CHECK(result.anomalies[0].type == "unexpected-reply");
  CHECK(result.anomalies[0].node == "n1");
  CHECK_THAT(result.anomalies[0].explanation, Contains("'ERR no'") && Contains("expected was 'OK'"));
  CHECK_THAT(result.anomalies[0].headline,
             Contains("n1 answered CLUSTER MEET") && Contains("'ERR no', where step"));
  run.commands[0].reply = std::string(59, 'x') + "é and more";
  result = check_expectations(run, {});
  CHECK_THAT(result.anomalies[0].headline, Contains(std::string(59, 'x') + "…"));

  run.commands = {command(false, false)};
  result = check_expectations(run, {});
  CHECK(result.valid == Validity::kUnknown);
  CHECK_THAT(result.explanation, Contains("No answer came to CLUSTER MEET"));
}

TEST_CASE("an error that an expression alone was to fit is told with the pattern that fits errors") {
  RunRecord run = record();
  run.commands = {command(true, false)};
  run.commands[0].refused = true;
  run.commands[0].expected = "/^ERR/";
  CHECK_THAT(check_expectations(run, {}).anomalies.at(0).explanation,
             Contains("write reply = \"error /^ERR/\""));
  for (const char* other : {"OK", "error /no/", "error"}) {
    run.commands[0].expected = other;
    CHECK_THAT(check_expectations(run, {}).anomalies.at(0).explanation, !Contains("write reply"));
  }
}

TEST_CASE("a wait that must come true, and a command that was never sent, make a run too weak") {
  RunRecord run = record();
  const auto says = [&](const char* text) {
    return check_strength(run, {}).explanation.find(text) != std::string::npos;
  };
  run.expectations = {expectation(false, true, ExpectationRecord::Kind::kWait)};
  CHECK_FALSE(says("waited in vain"));
  run.expectations[0].must = true;
  CHECK(says("Step e waited in vain for 'owner slot=42 node=n2'"));
  run.expectations.clear();
  run.commands = {command(false, false, "")};
  CHECK_FALSE(says("never sent"));
  run.commands[0].node = -1;
  CHECK(says("The command of step c was never sent"));
}

TEST_CASE("a command whose node died of itself is told by the checker of logs, where that one checks") {
  RunRecord run = record();
  run.commands = {command(false, false)};
  CHECK(check_expectations(run, {}).valid == Validity::kUnknown);
  Incarnation life;
  life.node = 0;
  life.ended = kSecond;
  life.signal = 11;
  run.incarnations = {life};
  CHECK(check_expectations(run, {}).valid == Validity::kValid);
  SECTION("not by a plan without that checker") {
    run.plan.limits.checks = {"expectations"};
    CHECK(check_expectations(run, {}).valid == Validity::kUnknown);
  }
  SECTION("not where a fault excuses the end") {
    FaultRecord fault;
    fault.nodes = {0};
    fault.requested = fault.active = 0;
    Effect effect;
    effect.kind = EffectKind::kDown;
    effect.nodes = {0};
    effect.excuses.exits = effect.excuses.dead_link = true;
    fault.effects = {effect};
    run.faults = {fault};
    run.incarnations[0].signal = 9;
    CHECK(check_expectations(run, {}).valid == Validity::kUnknown);
  }
  SECTION("not where the end was asked for") {
    run.incarnations[0].expected = true;
    CHECK(check_expectations(run, {}).valid == Validity::kUnknown);
  }
}
