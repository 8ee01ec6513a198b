#include "checkers/judge.h"

#include <catch2/catch.hpp>

#include "checkers/promises/record_builder_test.h"
#include "harness/core/check.h"

using namespace harness;
using namespace harness::testing;

TEST_CASE("a healthy run with one failover passes every checker") {
  FailoverRun healthy;
  const RunRecord run = healthy.finish();
  const RunVerdict verdict = judge(run, {});
  for (const CheckResult& check : verdict.checks) {
    INFO(check.name << ": " << check.explanation);
    for (const Anomaly& anomaly : check.anomalies) INFO(anomaly.explanation);
    CHECK((check.valid == Validity::kValid || check.valid == Validity::kNotApplicable));
  }
  INFO(verdict.explanation);
  CHECK(verdict.exit_code == 0);
  CHECK(verdict.checks.size() == checkers().size());
  REQUIRE(verdict.failovers.size() == 1);
  CHECK(verdict.failovers[0].from == 0);
  CHECK(verdict.failovers[0].to == 3);
}

TEST_CASE("a run that by its plan had no faults says so when it passes") {
  FailoverRun healthy;
  RunRecord run = healthy.finish();
  const std::string words = "by its plan had no faults";
  CHECK(judge(run, {}).explanation.find(words) == std::string::npos);
  run.plan.limits.no_faults = true;
  run.plan.steps.clear();
  CHECK(judge(run, {}).explanation.find(words) != std::string::npos);
}

TEST_CASE("one violation makes the run fail, missing evidence makes it unknown, and a violation wins") {
  FailoverRun weak;
  RunRecord run = weak.finish();
  run.final_data.clear();
  CHECK(judge(run, {}).exit_code == 4);
  CHECK(judge(run, {}).explanation.find("data-agreement") != std::string::npos);
  run.incarnations[1].ended = run.info.end - kSecond;
  const RunVerdict verdict = judge(run, {});
  CHECK(verdict.exit_code == 1);
  CHECK(verdict.explanation.find("n2") != std::string::npos);
}

TEST_CASE("only the selected checkers run, and a wrong name is refused") {
  FailoverRun healthy;
  const RunRecord run = healthy.finish();
  const std::string_view logs[] = {"logs"};
  CHECK(judge(run, {}, logs).checks.size() == 1);
  const std::string_view wrong[] = {"lgos"};
  CHECK_THROWS_AS(judge(run, {}, wrong), UsageError);
}

TEST_CASE("a load's check is selected by the load's name, alone or beside checkers") {
  FailoverRun healthy;
  RunRecord run = healthy.finish();
  run.plan.loads.assign(2, {});
  run.plan.loads[0].name = "values";
  run.plan.loads[1].name = "others";
  for (LoadPlan& load : run.plan.loads) load.workload = "register";
  const auto names = [&](std::vector<std::string_view> selected) {
    std::vector<std::string> found;
    for (const CheckResult& check : judge(run, {}, selected).checks) found.push_back(check.name);
    return found;
  };
  CHECK(names({"others"}) == std::vector<std::string>{"others"});
  CHECK(names({"logs", "values"}) == std::vector<std::string>{"values", "logs"});
  CHECK(names({"register"}) == std::vector<std::string>{"values", "others"});
  CHECK_THROWS_AS(names({"other"}), UsageError);
  run.plan.loads.resize(1);
  CHECK(names({"values"}) == std::vector<std::string>{"values"});
  run.plan.loads[0].name = "register";
  CHECK(names({"register"}) == std::vector<std::string>{"register"});
}

TEST_CASE("a check by itself knows the violations that the plan knows, as the judgement of the run does") {
  FailoverRun broken;
  RunRecord run = broken.finish();
  run.incarnations[1].ended = run.info.end - kSecond;
  const Analysis analysis(run);
  const Checker& logs = *find_checker("logs");
  const SelectedChecks unknown({}, analysis);
  const auto result = unknown.run(logs, {}).at(0);
  REQUIRE(result.valid == Validity::kInvalid);
  for (const Anomaly& anomaly : result.anomalies)
    run.plan.known.push_back({"logs", anomaly.type, "of the test", "", ""});
  const Analysis again(run);
  const SelectedChecks known({}, again);
  const CheckResult forgiven = known.run(logs, {}).at(0);
  CHECK(forgiven.valid == Validity::kValid);
  CHECK(forgiven.known > 0);
}

TEST_CASE("an empty record is unknown") {
  const RunVerdict verdict = judge({}, {});
  CHECK(verdict.exit_code == 4);
}

TEST_CASE(
    "damaged evidence proves nothing: neither a violation in it nor a pass counts, and the damage is named") {
  FailoverRun healthy;
  RunRecord run = healthy.finish();
  run.incarnations[1].ended = run.info.end - kSecond;
  REQUIRE(judge(run, {}).exit_code == 1);
  run.damage = {"faults.jsonl is missing"};
  const RunVerdict verdict = judge(run, {});
  CHECK(verdict.exit_code == 4);
  CHECK(verdict.explanation.find("faults.jsonl is missing") != std::string::npos);
  for (const CheckResult& check : verdict.checks) {
    CHECK(check.valid != Validity::kValid);
    CHECK(check.violations == 0);
    if (check.valid == Validity::kUnknown)  // `check` tells each checker's own answer
      CHECK(check.explanation.find("faults.jsonl is missing") != std::string::npos);
  }
}
