// What a record of servers without a processor excuses, and what it does not.
#include "checkers/starvation.h"

#include <catch2/catch.hpp>

#include "checkers/judge.h"
#include "checkers/promises/falsified_run_test.h"
#include "harness/core/anomaly_kind.h"

using namespace harness;
using namespace harness::testing;
using Catch::Matchers::Contains;

namespace {

/// n2 waited for most of the time from..until; the rest of it it slept, or ran.
std::vector<ProcessorWait> starve(int from_ms, int until_ms, double waited = 0.8, double ran = 0.05) {
  constexpr int kSpan = 100;
  std::vector<ProcessorWait> waits;
  for (int ms = from_ms; ms < until_ms; ms += kSpan)
    waits.push_back({1, ms * kMillisecond, (ms + kSpan) * kMillisecond,
                     static_cast<Nanos>(waited * kSpan * kMillisecond),
                     static_cast<Nanos>(ran * kSpan * kMillisecond)});
  return waits;
}

/// A failover for which nothing is to blame.
RunRecord needless() {
  RunRecord run = healthy();
  for (Incarnation& life : run.incarnations) life.expected = true;
  run.faults.erase(run.faults.begin());
  return run;
}

CheckResult failover_check(const RunRecord& run, const std::vector<ProcessorWait>& waits) {
  const std::string_view names[] = {"failover"};
  return judge(run, {}, names, waits).checks.front();
}

}  // namespace

TEST_CASE("a needless failover on a machine that starved a server is a doubt that names server and wait") {
  const RunRecord run = needless();
  REQUIRE(failover_check(run, {}).valid == Validity::kInvalid);
  const CheckResult result = failover_check(run, starve(9'000, 12'000));
  CHECK(result.valid == Validity::kUnknown);
  CHECK(result.violations == 0);
  CHECK(result.anomalies.empty());
  CHECK_THAT(result.explanation,
             Contains("needless") && Contains("server n2 waited 1.2 s of 1.5 s for a processor"));
}

TEST_CASE(
    "an outage that nothing of the run explains has the machine for a reason, where it starved servers") {
  RecordBuilder b;
  b.observe_until(10'000);
  b.pause(2);
  b.observe_until(13'500);
  b.pause(2, false);
  b.observe_until(60'000);
  b.end(55'000, 59'000, 60'000);
  const RunRecord run = b.finish();
  const std::string_view names[] = {"availability"};
  const auto explained = [&](const std::vector<ProcessorWait>& waits) {
    const CheckResult result = judge(run, {}, names, waits).checks.front();
    CHECK(result.valid == Validity::kUnknown);
    return result.explanation;
  };
  CHECK_THAT(explained({}), Contains("no fault of the run is a reason") && !Contains("machine left"));
  CHECK_THAT(explained(starve(9'000, 12'000)), Contains("Perhaps the machine left no time for it"));
}

TEST_CASE(
    "a server that burns the processor itself, starves long before, or only for moments, excuses nothing") {
  const RunRecord run = needless();
  const auto burnt = starve(9'000, 12'000, 0.6, 0.4);
  const auto moments = starve(9'000, 12'000, 0.3);
  const auto before = starve(-60'000, -40'000);
  for (const auto& waits : {burnt, moments, before})
    CHECK(failover_check(run, waits).valid == Validity::kInvalid);
}

TEST_CASE("content is not excused, and what is left of a check is told first") {
  const RunRecord run = needless();
  CheckResult result;
  result.valid = Validity::kInvalid;
  for (const std::string type : {"needless-failover", "lost-write-outside-window"}) {
    Anomaly anomaly;
    anomaly.type = type;
    anomaly.explanation = "about " + type;
    anomaly.time = 10 * kSecond;
    ++result.violations;
    result.anomalies.push_back(anomaly);
  }
  Starvation(run, starve(9'000, 12'000)).excuse(result);
  CHECK(result.valid == Validity::kInvalid);
  CHECK(result.violations == 1);
  REQUIRE(result.anomalies.size() == 1);
  CHECK(result.anomalies.front().type == "lost-write-outside-window");
  CHECK_THAT(result.explanation, Catch::Matchers::StartsWith("about lost-write-outside-window."));
}

TEST_CASE("a loss at a failover that only the machine can have led to is a doubt, at any other it is none") {
  const auto excused = [](const RunRecord& run) {
    Anomaly loss;
    loss.type = "lost-write-outside-window";
    loss.explanation = "a write was lost";
    loss.node = "n1";
    loss.time = 10 * kSecond;
    CheckResult result;
    result.valid = Validity::kInvalid;
    result.violations = 1;
    result.anomalies.push_back(loss);
    Starvation(run, starve(9'000, 12'000)).excuse(result);
    return result.valid == Validity::kUnknown;
  };
  CHECK(excused(needless()));
  CHECK_FALSE(excused(healthy()));  // n1 was killed
  RunRecord crashed = needless();
  for (Incarnation& life : crashed.incarnations) life.expected = false;
  CHECK_FALSE(excused(crashed));
  RunRecord handed = needless();
  FaultRecord handover;
  handover.requested = 9 * kSecond;
  handover.effects = {Effect{}};
  handover.effects.front().kind = EffectKind::kHandover;
  handed.faults.push_back(handover);
  CHECK_FALSE(excused(handed));
}

TEST_CASE("the network that runs through us starves all of them") {
  auto waits = starve(9'000, 12'000);
  for (ProcessorWait& wait : waits) wait.node = kNetworkOfOurs;
  CHECK_THAT(failover_check(needless(), waits).explanation,
             Contains("the thread that carries the cluster bus waited"));
}

TEST_CASE("an expectation is excused by what starved anybody while it was waited for") {
  RunRecord run = needless();
  ExpectationRecord expectation;
  expectation.step = "e";
  expectation.condition = "owner slot=42";
  expectation.began = 0;
  expectation.until = 60 * kSecond;
  expectation.patience = 60 * kSecond;
  expectation.failed = true;
  run.expectations = {expectation};
  const std::string_view names[] = {"expectations"};
  CHECK(judge(run, {}, names).exit_code == 1);
  CHECK(judge(run, {}, names, starve(9'000, 12'000)).exit_code == 4);
}

TEST_CASE("starvation costs an expectation the time that it took, and no more") {
  RunRecord run = healthy();
  run.plan.steps.resize(1);
  run.plan.steps[0].id = "e";
  ExpectationRecord expectation;
  expectation.step = "e";
  expectation.condition = "owner slot=42";
  expectation.began = 0;
  expectation.patience = 30 * kSecond;
  expectation.failed = true;
  const std::string_view names[] = {"expectations"};
  const auto exit_code = [&](Nanos until) {
    expectation.until = until;
    run.expectations = {expectation};
    return judge(run, {}, names, starve(9'000, 12'000)).exit_code;
  };
  const Nanos took = 5 * kSecond + starvation_reach(run.info.config.node_timeout_ms * kMillisecond);
  CHECK(exit_code(30 * kSecond) == 4);         // what was taken was not given again
  CHECK(exit_code(30 * kSecond + took) == 1);  // it had its whole patience besides
  run.plan.steps[0].stay = kSecond;            // it may have held now and then
  CHECK(exit_code(30 * kSecond + took) == 4);
  run.plan.steps[0].stay = 0;
  // A failover that nothing but the machine led to has changed the cluster for good.
  RunRecord changed = needless();
  changed.plan.steps = run.plan.steps;
  changed.expectations = run.expectations;
  CHECK(judge(changed, {}, names, starve(9'000, 12'000)).exit_code == 4);
}

TEST_CASE("a promotion that was late long before anybody starved is late") {
  RunRecord run = healthy();
  CheckResult result;
  result.valid = Validity::kInvalid;
  result.violations = 1;
  Anomaly& anomaly = result.anomalies.emplace_back();
  anomaly.type = "slow-failover";
  anomaly.node = "n4";
  anomaly.time = 100 * kSecond;
  Failover failover;
  failover.from = 0;
  failover.to = 3;
  failover.fault_at = 10 * kSecond;
  failover.promoted = 100 * kSecond;
  failover.bound_ms = 4'250;
  const auto excused = [&](int from_ms, int until_ms) {
    CheckResult judged = result;
    const auto waits = starve(from_ms, until_ms);
    Starvation(run, waits, {&failover, 1}).excuse(judged);
    return judged.valid == Validity::kUnknown;
  };
  CHECK_FALSE(excused(97'000, 100'000));
  CHECK(excused(9'000, 100'000));
}

TEST_CASE("servers that never became one cluster are one finding, whatever else their views show") {
  RunRecord run = healthy();
  last_view_of(run, 1).cluster.state_ok = false;
  ExpectationRecord formed;
  formed.step = kFormationStep;
  formed.condition = "the servers become one cluster";
  formed.until = kSecond;
  formed.patience = 60 * kSecond;
  formed.failed = true;
  formed.why = "32 of 32 nodes disagree";
  run.expectations = {formed};
  const RunVerdict verdict = judge(run, {});
  CHECK(verdict.exit_code == 1);
  std::size_t violations = 0;
  for (const CheckResult& check : verdict.checks) violations += check.violations;
  CHECK(violations == 1);
  CHECK_THAT(verdict.explanation,
             Contains("1 violation (expectations)") && Contains("32 of 32 nodes disagree"));
}
