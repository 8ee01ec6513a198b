#include "checkers/known.h"

#include <catch2/catch.hpp>

#include "checkers/judge.h"
#include "checkers/promises/evidence.h"
#include "checkers/promises/record_builder_test.h"

using namespace harness;
using namespace harness::testing;

namespace {

RunInfo of_build(const std::string& flavor, const std::string& version) {
  RunInfo info;
  info.server = {"", flavor, version, "", ""};
  return info;
}

/// A run in which n2's process ended by itself: the violation "unexpected-exit" or the like of "logs".
RunRecord with_violation() {
  RunRecord run = FailoverRun().finish();
  run.info.started_utc = "2026-11-22T12:18:42Z";
  run.incarnations[1].ended = run.info.end - kSecond;
  return run;
}

/// Every violation of the run, as entries of its plan.
std::vector<KnownViolation> all_of(const RunRecord& run) {
  std::vector<KnownViolation> known;
  for (const CheckResult& check : judge(run, {}).checks)
    for (const Anomaly& anomaly : check.anomalies)
      if (!anomaly.allowed) known.push_back({check.name, anomaly.type, "redis#15680", "", ""});
  return known;
}

}  // namespace

TEST_CASE("a name that no checker or model gives is refused, with the nearest one") {
  for (const char* name :
       {"lost-write-outside-window", "G1c", "expectation:s3", "duplicated-element", "crash"})
    CHECK(problem_with_anomaly(name).empty());
  CHECK(problem_with_anomaly("lost-write-outside-windows").find("'lost-write-outside-window'?") !=
        std::string::npos);
  CHECK(problem_with_anomaly("expectation:").find("unknown anomaly") == 0);
  CHECK_FALSE(problem_with_anomaly("").empty());
}

TEST_CASE("a known violation among many allowed anomalies is complete, though the list of them is cut") {
  RunInfo info = of_build("redis", "7.0.15");
  info.started_utc = "2026-11-22T12:18:42Z";
  RunRecord run;
  run.info = info;
  run.plan.known = {{"losses", "gone", "redis#1", "", ""}};
  CheckResult result;
  result.name = "losses";
  Anomaly allowed;
  allowed.type = "lost";
  allowed.allowed = true;
  for (std::size_t i = 0; i <= kAnomaliesListed; ++i) report(result, allowed);
  Anomaly violation;
  violation.type = "gone";
  report(result, violation);
  REQUIRE_FALSE(result.truncated.empty());
  CheckResult searched_in_part = result;
  searched_in_part.truncated = "the time was up";
  KnownViolations known(run);
  known.forgive("losses", result);
  CHECK(result.valid == Validity::kValid);
  known.forgive("losses", searched_in_part);
  CHECK(searched_in_part.valid == Validity::kUnknown);
}

TEST_CASE("more known violations than a list holds are known, and one of another kind behind them is not") {
  RunRecord run;
  run.plan.known = {{"losses", "gone", "redis#1", "", ""}};
  CheckResult result;
  result.name = "losses";
  Anomaly violation;
  violation.type = "gone";
  for (std::size_t i = 0; i < 3 * kAnomaliesListed; ++i) report(result, violation);
  CheckResult with_another = result;
  violation.type = "stale";
  report(with_another, violation);
  KnownViolations known(run);
  known.forgive("losses", result);
  CHECK(result.valid == Validity::kValid);
  CHECK(result.known == 3 * kAnomaliesListed);
  known.forgive("losses", with_another);
  CHECK(with_another.valid == Validity::kInvalid);
  CHECK(with_another.anomalies.back().type == "stale");
}

TEST_CASE("a violation of a load is known by the load's name as well as by its checker's") {
  RunRecord run;
  run.plan.known = {{"mine", "lost", "redis#1", "", ""}, {"other", "lost", "redis#2", "", ""}};
  CheckResult result;
  result.name = "mine";
  Anomaly lost;
  lost.type = "lost";
  report(result, lost);
  KnownViolations known(run);
  known.forgive("register", result);
  CHECK(result.valid == Validity::kValid);
  RunVerdict verdict;
  verdict.checks = {result};
  CHECK(known_told(run, verdict) ==
        std::vector<std::string>{"mine / lost (redis#1): seen 1 time, no failure.",
                                 "other / lost (redis#2) was not looked for."});
}

TEST_CASE("what is no text of builds is told") {
  CHECK(problem_with_builds("redis<8.2").empty());
  CHECK_THAT(problem_with_builds("redsi<8"), Catch::Contains("'redsi<8'") && Catch::Contains("'redis'"));
}

TEST_CASE("the builds of a known violation") {
  CHECK(builds_apply("", of_build("redis", "7.0.15")));
  CHECK(builds_apply("redis", of_build("redis", "7.0.15")));
  CHECK_FALSE(builds_apply("valkey", of_build("redis", "7.0.15")));
  CHECK(builds_apply("redis<8.2", of_build("redis", "8.0.6")));
  CHECK_FALSE(builds_apply("redis<8.2", of_build("redis", "8.2.0")));
  CHECK(builds_apply("redis<=8.2", of_build("redis", "8.2.0")));
  CHECK(builds_apply("valkey>=9.1", of_build("valkey", "9.1.2")));
  CHECK_FALSE(builds_apply("valkey>9.1.2", of_build("valkey", "9.1.2")));
  CHECK(builds_apply("valkey=9.1.2", of_build("valkey", "9.1.2")));
  CHECK_FALSE(builds_apply("redis<8.2", of_build("redis", "unstable")));
  CHECK_FALSE(builds_apply("redis<>8", of_build("redis", "7.0.15")));
  CHECK_FALSE(builds_apply("redis<", of_build("redis", "7.0.15")));
}

TEST_CASE("a known violation is told and is no failure, any other one is") {
  RunRecord run = with_violation();
  CHECK(judge(run, {}).exit_code == 1);
  const std::vector<KnownViolation> all = all_of(run);
  REQUIRE_FALSE(all.empty());
  run.plan.known = all;
  const RunVerdict verdict = judge(run, {});
  INFO(verdict.explanation);
  CHECK(verdict.exit_code == 0);
  CHECK(verdict.explanation.find("redis#15680") != std::string::npos);
  CHECK(verdict.explanation.find("no failure") != std::string::npos);
  std::size_t forgiven = 0;
  for (const CheckResult& check : verdict.checks) {
    CHECK(check.violations == 0);
    forgiven += check.known;
    for (const Anomaly& anomaly : check.anomalies)
      if (!anomaly.known.empty()) CHECK(anomaly.allowed);
  }
  CHECK(forgiven == all.size());

  SECTION("another anomaly") {
    for (KnownViolation& entry : run.plan.known) entry.anomaly += "-other";
    CHECK(judge(run, {}).exit_code == 1);
    CHECK(judge(run, {}).explanation.find("did not appear") != std::string::npos);
  }
  SECTION("another checker") {
    for (KnownViolation& entry : run.plan.known) entry.check = "votes";
    CHECK(judge(run, {}).exit_code == 1);
  }
  SECTION("another build") {
    for (KnownViolation& entry : run.plan.known) entry.builds = "redis<7";
    CHECK(judge(run, {}).exit_code == 1);
    const RunVerdict other = judge(run, {});
    CHECK(other.explanation.find("of other builds") != std::string::npos);
    for (const CheckResult& check : other.checks)
      for (const Anomaly& anomaly : check.anomalies)
        if (!anomaly.allowed)
          CHECK_THAT(anomaly.explanation, Catch::Contains("listed as known, redis#15680"));
  }
  SECTION("its last day, and the day after") {
    for (KnownViolation& entry : run.plan.known) entry.until = "2026-11-22";
    CHECK(judge(run, {}).exit_code == 0);
    for (KnownViolation& entry : run.plan.known) entry.until = "2026-11-21";
    CHECK(judge(run, {}).exit_code == 1);
    run.info.started_utc.clear();
    CHECK(judge(run, {}).exit_code == 1);
  }
}

TEST_CASE("a known violation that did not appear is told") {
  RunRecord run = FailoverRun().finish();
  run.plan.known = {{"votes", "voted-twice", "redis#1", "", ""}};
  const RunVerdict verdict = judge(run, {});
  CHECK(verdict.exit_code == 0);
  CHECK(verdict.explanation.find("did not appear") != std::string::npos);
}

TEST_CASE("violations beyond the listed ones, or of a check cut short, are not excused") {
  RunRecord run;
  run.plan.known = {{"votes", "voted-twice", "redis#1", "", ""}};
  KnownViolations known(run);
  CheckResult found;
  found.name = "votes";
  found.valid = Validity::kInvalid;
  found.violations = 1;
  found.anomalies.resize(1);
  found.anomalies[0].type = "voted-twice";
  const auto forgiven = [&](CheckResult result) {
    known.forgive("votes", result);
    return result.valid;
  };
  CHECK(forgiven(found) == Validity::kValid);
  CheckResult cut = found;
  cut.truncated = "the time was up";
  CHECK(forgiven(cut) == Validity::kUnknown);
  CheckResult doubted = found;
  doubt(doubted, "A log is missing.");
  CHECK(forgiven(doubted) == Validity::kUnknown);
  CheckResult more = found;
  more.violations = 2;
  CHECK(forgiven(more) == Validity::kInvalid);
}

TEST_CASE(
    "in a mixed cluster a violation is known where the entry fits every build that can have caused it") {
  RunRecord run = FailoverRun().finish();  // n1 and n4 are one shard
  run.info.server = of_build("redis", "7.0.15").server;
  run.info.peers = {of_build("valkey", "9.1.2").server};
  run.nodes[1].build = 1;
  run.plan.known = {{"logs", "crash", "redis#1", "redis<8", ""}};
  CheckResult result;
  const auto forgiven = [&](const std::string& node, const std::string& key = "") {
    result = {};
    result.name = "logs";
    Anomaly crash;
    crash.type = "crash";
    crash.node = node;
    crash.key = key;
    report(result, crash);
    KnownViolations known(run);
    known.forgive("logs", result);
    return result.known == 1;
  };
  CHECK(forgiven("n1"));
  CHECK_FALSE(forgiven("n2"));
  SECTION("no node is named: it may be any's") {
    CHECK_FALSE(forgiven(""));
    CHECK_THAT(
        result.anomalies.front().explanation,
        Catch::Contains("redis#1") && Catch::Contains("a build that is not redis<8 may have caused it"));
    run.plan.known.front().builds.clear();
    CHECK(forgiven(""));
  }
  SECTION("the shard that had its key is told by the looks") {
    CHECK(forgiven("", key_of(0)));
    CHECK_FALSE(forgiven("", key_of(1)));
    run.nodes[3].build = 1;  // the heir of n1
    CHECK_FALSE(forgiven("", key_of(0)));
    run.views.clear();
    run.nodes[3].build = 0;
    CHECK_FALSE(forgiven("", key_of(0)));
  }
  SECTION("who answered its operations is among them") {
    RecordBuilder b;
    b.operation(10, Function::kRead, key_of(0), {}, {}, {1'000, 1'001}, 2);
    run.history = b.finish().history;
    result = {};
    Anomaly lost;
    lost.type = "crash";
    lost.key = key_of(0);
    lost.operations = {run.history.operations.front().invoke_event};
    report(result, lost);
    KnownViolations(run).forgive("logs", result);
    CHECK(result.known == 0);
  }
}
