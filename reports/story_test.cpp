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

TEST_CASE("a violation's headline is the checker's own sentence, where it has one") {
  const std::vector<Moment> story = violations_of(with_violations(1, "n5 took over 3 s too late"));
  REQUIRE(story.size() == 1);
  CHECK(story.front().text == "n5 took over 3 s too late");
}
