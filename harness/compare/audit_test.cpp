#include "harness/compare/audit.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/compare/audit_report.h"
#include "harness/compare/figure_text.h"

namespace harness {
namespace {

using Catch::Contains;

const ViolationKind kLost{"register", "lost-write"};
constexpr double kTolerance = 0.15;

/// Builds whose every figure is 1000 with a spread of 8 % (a rate higher by `rate` and times longer by
/// `slower`, as shares), and that show a violation in some runs.
struct Build {
  double slower = 0;
  double violations = 0;
};

double noisy(double value, Prng& prng) {
  // The sum of uniform numbers is near enough to normal; the standard deviation is 1.
  double sum = -6;
  for (int i = 0; i < 12; ++i) sum += prng.unit();
  return value * (1 + 0.08 * sum);
}

RunSummary run_of(const Build& build, Prng& prng) {
  RunSummary run;
  run.builds = "a build";
  run.verdict = "pass";
  for (const FigureKind& kind : figure_kinds())
    run.figures.push_back(
        noisy(kind.more_is_better ? 1000 / (1 + build.slower) : 1000 * (1 + build.slower), prng));
  if (!prng.chance(build.violations)) return run;
  run.violations[kLost] = {1, "An acknowledged write was lost"};
  run.verdict = "fail";
  run.exit_code = 1;
  return run;
}

struct Ended {
  Audit audit;
  AuditAnswer answer;
};

/// What harness/verbs/audit_command does, on made-up runs.
Ended audit_of(const Build& baseline, const Build& candidate, std::uint64_t seed, std::size_t pairs = 24) {
  Prng prng(seed);
  Audit audit(pairs, kTolerance);
  const auto pair = [&](std::size_t plan) {
    return AuditPair{plan, run_of(baseline, prng), run_of(candidate, prng)};
  };
  while (audit.counted() < pairs) {
    audit.add(pair(audit.counted()));
    while (const auto kind = audit.to_confirm()) {
      audit.begin_confirming(*kind);
      while (audit.confirm(pair(0))) {
      }
      if (audit.new_kinds().back().rate.answer == Compared::kWorse) return {audit, audit.last_look()};
    }
    if (!audit.look_is_due() || audit.counted() == pairs) continue;
    if (const AuditAnswer answer = audit.look(); answer.clear) return {audit, answer};
  }
  return {audit, audit.last_look()};
}

std::string text_of(const Ended& ended) {
  return audit_text({ended.audit,
                     ended.answer,
                     "old",
                     "new",
                     {"kill"},
                     kTolerance,
                     61,
                     false,
                     "store/a",
                     "./harness audit"});
}

TEST_CASE("Equal builds are a regression in at most 5 of 100 audits") {
  int regressions = 0;
  int passes = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const AuditOutcome outcome = audit_of({}, {}, seed).answer.outcome;
    regressions += outcome == AuditOutcome::kRegression;
    passes += outcome == AuditOutcome::kPass;
  }
  CHECK(regressions <= 5);
  CHECK(passes >= 90);
}

TEST_CASE("A build at the tolerance itself is a regression in at most 5 of 100 audits, and no pass in 95") {
  int regressions = 0;
  int passes = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const AuditOutcome outcome = audit_of({}, {.slower = kTolerance}, seed).answer.outcome;
    regressions += outcome == AuditOutcome::kRegression;
    passes += outcome == AuditOutcome::kPass;
  }
  CHECK(regressions <= 5);
  CHECK(passes <= 5);
}

TEST_CASE("A build that is slower by twice the tolerance is found, and early") {
  int early = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Ended ended = audit_of({}, {.slower = 2 * kTolerance}, seed);
    CHECK(ended.answer.outcome == AuditOutcome::kRegression);
    early += ended.audit.counted() < ended.audit.pairs_max();
  }
  CHECK(early >= 18);
  const Ended ended = audit_of({}, {.slower = 0.5}, 1);
  CHECK_THAT(text_of(ended), Contains("REGRESSION  failover: fault to first suspicion") &&
                                 Contains("12 of 24 pairs, ended early: the answer is clear; 1 min 1 s") &&
                                 Contains("reproduce   ./harness audit"));
}

TEST_CASE("A better build passes") {
  const Ended ended = audit_of({.slower = 0.5}, {}, 3);
  CHECK(ended.answer.outcome == AuditOutcome::kPass);
  CHECK_THAT(text_of(ended), Contains("better") && !Contains("REGRESSION"));
}

TEST_CASE("A new kind of violation is confirmed on its own plan, and ends the audit") {
  const Ended ended = audit_of({}, {.violations = 1}, 1);
  CHECK(ended.answer.outcome == AuditOutcome::kRegression);
  CHECK(ended.audit.counted() == 1);
  REQUIRE(ended.audit.new_kinds().size() == 1);
  CHECK(ended.audit.new_kinds()[0].rate.candidate == 6);
  CHECK(ended.audit.new_kinds()[0].rate.baseline_runs == 6);
  CHECK_THAT(ended.answer.reason, Contains("a new kind of violation, register: lost-write"));
}

TEST_CASE("A kind that the baseline has as often is neither new nor a regression") {
  for (std::uint64_t seed = 0; seed < 20; ++seed)
    CHECK(audit_of({.violations = 0.5}, {.violations = 0.5}, seed).answer.outcome !=
          AuditOutcome::kRegression);
  const Ended more_often = audit_of({.violations = 0.3}, {.violations = 1}, 2);
  CHECK(more_often.answer.outcome == AuditOutcome::kRegression);
  CHECK_THAT(more_often.answer.reason, Contains("more often register: lost-write"));
}

TEST_CASE("A violation that was seen once and never again is inconclusive") {
  Prng prng(5);
  Audit audit(2, kTolerance);
  audit.add({0, run_of({}, prng), run_of({.violations = 1}, prng)});
  REQUIRE(audit.to_confirm() == kLost);
  audit.begin_confirming(kLost);
  int pairs = 1;
  while (audit.confirm({0, run_of({}, prng), run_of({}, prng)})) ++pairs;
  CHECK(pairs == 12);
  CHECK_FALSE(audit.to_confirm());
  const AuditAnswer answer = audit.last_look();
  CHECK(answer.outcome == AuditOutcome::kInconclusive);
  CHECK_THAT(answer.reason, Contains("did not come back often enough: register: lost-write"));
}

TEST_CASE(
    "Runs that a stalled host or the environment spoilt do not count, and none at all is inconclusive") {
  Prng prng(6);
  Audit audit(2, kTolerance);
  AuditPair stalled{0, run_of({}, prng), run_of({}, prng)};
  stalled.candidate.host_stall = kSecond;
  AuditPair error{1, run_of({}, prng), run_of({}, prng)};
  error.baseline = RunSummary();
  error.baseline.verdict = "error";
  error.baseline.exit_code = 3;
  error.baseline.explanation = "no cluster";
  audit.add(stalled);
  audit.add(error);
  CHECK(audit.counted() == 0);
  CHECK_THAT(why_not_counted(stalled), Contains("candidate the host stood still for 1000 ms"));
  CHECK_THAT(why_not_counted(error), Contains("baseline error: no cluster"));
  const AuditAnswer answer = audit.last_look();
  CHECK(answer.outcome == AuditOutcome::kInconclusive);
  CHECK(answer.reason == "no pair of runs counts");
}

TEST_CASE("Too few pairs are inconclusive, and say how many more would tell") {
  const Ended ended = audit_of({}, {}, 4, 4);
  CHECK(ended.answer.outcome == AuditOutcome::kInconclusive);
  CHECK_THAT(ended.answer.reason, Contains("too few pairs"));
  CHECK_THAT(text_of(ended), Contains(std::to_string(figure_kinds().size()) + " figures not compared") &&
                                 !Contains("unclear"));
  const Ended some = audit_of({}, {.slower = 0.12}, 4, 10);
  CHECK_THAT(text_of(some), Contains("more pairs would tell 15 %"));
}

TEST_CASE("What is told only is called worse where it is, and makes no regression") {
  Prng prng(8);
  Audit audit(12, kTolerance);
  const auto told = static_cast<std::size_t>(std::ranges::find(figure_kinds(), false, &FigureKind::decides) -
                                             figure_kinds().begin());
  REQUIRE(told < figure_kinds().size());
  for (std::size_t i = 0; i < 12; ++i) {
    AuditPair pair{i, run_of({}, prng), run_of({}, prng)};
    *pair.candidate.figures[told] *= 3;
    audit.add(pair);
  }
  const AuditAnswer answer = audit.last_look();
  CHECK(answer.outcome != AuditOutcome::kRegression);
  CHECK_THAT(text_of({audit, answer}), Contains("worse by more than the tolerance; told only"));
}

TEST_CASE("What sets equal builds apart stands beside them") {
  const Ended ended = audit_of({}, {}, 4, 4);
  const AuditReport report{
      ended.audit, ended.answer,      "old", "new",
      {"kill"},    kTolerance,        61,    false,
      "store/a",   "./harness audit", {},    {"enable-seeded-defects yes", "seeded-defect election-late"}};
  const std::string title = "with enable-seeded-defects yes, seeded-defect election-late against";
  CHECK_THAT(audit_text(report), Contains(title));
  CHECK_THAT(audit_markdown(report), Contains(title));
}

TEST_CASE("A figure that one build often does not come to is not called the same") {
  Prng prng(7);
  Audit audit(12, kTolerance);
  for (std::size_t i = 0; i < 12; ++i) {
    AuditPair pair{i, run_of({}, prng), run_of({}, prng)};
    if (i % 2 == 0) pair.candidate.figures[0].reset();
    audit.add(pair);
  }
  const AuditAnswer answer = audit.last_look();
  CHECK(answer.figures[0].answer == Compared::kUnclear);
  CHECK(answer.outcome == AuditOutcome::kInconclusive);
}

TEST_CASE("An audit's reports hold its answer, and nothing of the cluster gets out of its text") {
  Ended ended = audit_of({}, {.violations = 1}, 1);
  const AuditReport report{ended.audit, ended.answer, "old<b>",         "new", {"kill"}, kTolerance, 5,
                           false,       "store/a",    "./harness audit"};
  const nlohmann::json json = nlohmann::json::parse(json_text(audit_json(report)));
  CHECK(json["verdict"] == "regression");
  CHECK(json["exit_code"] == 1);
  CHECK(json["new_violations"][0]["candidate"] == 6);
  CHECK(json["pairs"].size() == 1);
  CHECK_THAT(audit_html(report), Contains("<h1>REGRESSION") && !Contains("old<b>"));
  CHECK_THAT(audit_markdown(report),
             Contains("# REGRESSION") && Contains("| REGRESSION | register: lost-write |"));
  CHECK_THAT(audit_junit(report),
             Contains("failures=\"1\"") && Contains("name=\"register: lost-write\"") && !Contains("<b>"));
  CHECK(exit_code_of(report) == 1);
  CHECK(exit_code_of({ended.audit, ended.answer, "", "", {}, kTolerance, 5, true, "", ""}) == 130);
}

}  // namespace
}  // namespace harness
