#include "reports/story.h"

#include <catch2/catch.hpp>

using namespace harness;
using namespace harness::reporting;

namespace {

RunVerdict with_violations(int count, const std::string& headline = {}) {
  CheckResult check;
  check.name = "failover";
  check.valid = Validity::kInvalid;
  for (int i = 0; i < count; ++i) {
    Anomaly anomaly;
    anomaly.type = "slow-failover";
    anomaly.node = "n5";
    anomaly.time = (10 - i) * kSecond;
    anomaly.headline = headline;
    anomaly.explanation = "a paragraph with operations";
    check.anomalies.push_back(anomaly);
    ++check.violations;
  }
  RunVerdict verdict;
  verdict.valid = Validity::kInvalid;
  verdict.checks = {check};
  return verdict;
}

std::vector<Moment> violations_of(const RunVerdict& verdict) {
  std::vector<Moment> moments = tell_story(RunRecord{}, verdict);
  std::erase_if(moments, [](const Moment& moment) { return moment.kind != "violation"; });
  return moments;
}

}  // namespace

TEST_CASE("equal violations are one sentence with a count, at the time of the first") {
  const std::vector<Moment> story = violations_of(with_violations(3));
  REQUIRE(story.size() == 1);
  CHECK(story.front().text == "3 × slow failover; the first: n5 took over too late");
  CHECK(story.front().time == 8 * kSecond);
  CHECK(story.front().anomaly == "v1");  // they are numbered in order of time
}

TEST_CASE("the sentence of the verdict names the first violation, and no operations") {
  CHECK(verdict_sentence(RunRecord{}, with_violations(3)) ==
        "3 violations (failover). The first, at 8.000 s: n5 took over too late.");
  CHECK(verdict_sentence(RunRecord{}, with_violations(1)) ==
        "1 violation (failover). At 10.000 s: n5 took over too late.");
}

TEST_CASE("what a look in the end found is told as seen then, and not as begun then") {
  RunRecord run;
  run.info.settled = 8 * kSecond;  // the time of the first of three
  CHECK(verdict_sentence(run, with_violations(3)) ==
        "3 violations (failover). The first, seen in the end, 8.000 s: n5 took over too late.");
  run.info.started_unix_ms = 1'000'000;
  run.info.settled = 20 * kSecond;
  run.final_data.emplace_back().read_until_ms = 1'008'000;
  CHECK(verdict_sentence(run, with_violations(3)) ==
        "3 violations (failover). The first, seen when data was compared, 8.000 s: n5 took over too late.");
}

TEST_CASE("a violation's headline is the checker's own sentence, where it has one") {
  const std::vector<Moment> story = violations_of(with_violations(1, "n5 took over 3 s too late"));
  REQUIRE(story.size() == 1);
  CHECK(story.front().text == "n5 took over 3 s too late");
}

TEST_CASE("a list that was cut is told with the true count, and nothing of it as the first or the last") {
  RunVerdict verdict = with_violations(3);
  verdict.checks[0].violations = 2159;
  CHECK(violations_of(verdict).front().text == "2,159 × slow failover; one of them: n5 took over too late");
  verdict.checks[0].anomalies[0].node = "n6";
  for (const Moment& moment : violations_of(verdict)) CHECK(moment.text.starts_with("at least "));

  CheckResult losses;
  losses.name = "set";
  losses.allowed = 921;
  losses.measured = {{"lost_writes", 921}};
  for (int i = 0; i < 4; ++i) {
    Anomaly& anomaly = losses.anomalies.emplace_back();
    anomaly.type = "lost-write";
    anomaly.time = i * kSecond;
    anomaly.node = i < 2 ? "n1" : "n2";
    anomaly.allowed = true;
    anomaly.window = Window::kRestart;
  }
  const auto losses_of = [&] {
    RunVerdict valid;
    valid.checks = {losses};
    std::vector<Moment> story = tell_story(RunRecord{}, valid);
    std::erase_if(story, [](const Moment& moment) { return moment.kind != "loss"; });
    return story;
  };
  REQUIRE(losses_of().size() == 1);
  CHECK_THAT(losses_of()[0].text,
             Catch::StartsWith("921 × lost write, allowed; 4 are listed, by window restart:"));
  CHECK(losses_of()[0].who.empty());
  losses.allowed = 4;  // the whole list
  REQUIRE(losses_of().size() == 2);
  CHECK_THAT(losses_of()[0].text, Catch::StartsWith("2 lost writes, allowed by window restart:"));
}

TEST_CASE("a fault that was seen to act long after its request is told with the request") {
  RunRecord record;
  FaultRecord& fault = record.faults.emplace_back();
  fault.description = "segfault n1";
  fault.requested = 3'481 * kMillisecond;
  fault.active = 3'776 * kMillisecond;
  fault.evidence = "it died";
  const auto told = [&] {
    for (const Moment& moment : tell_story(record, {}))
      if (moment.kind == "fault") return moment.text;
    return std::string();
  };
  CHECK(told() == "segfault n1 (asked for at 3.481 s) — verified: it died");
  fault.requested = fault.active - kMillisecond;
  CHECK(told() == "segfault n1 — verified: it died");
}
