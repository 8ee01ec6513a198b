#include "reports/results.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "harness/core/ended_early.h"
#include "reports/sample/sample_record.h"

namespace harness {
namespace {

nlohmann::json results_of(const Sample& sample) {
  return nlohmann::json::parse(make_results({.record = sample.record, .verdict = sample.verdict}));
}

TEST_CASE("results.json has the fields of harness/FORMATS.md, whatever the verdict") {
  const std::tuple<SampleVerdict, std::string, int> kinds[] = {{SampleVerdict::kPass, "pass", 0},
                                                               {SampleVerdict::kFail, "fail", 1},
                                                               {SampleVerdict::kUnknown, "unknown", 4},
                                                               {SampleVerdict::kError, "error", 3}};
  for (const auto& [kind, word, exit_code] : kinds) {
    const Sample sample = make_sample({kind, 500, 18446744073709551615ULL});
    const nlohmann::json results = results_of(sample);
    CHECK(results["schema"] == 1);
    CHECK(results["verdict"] == word);
    CHECK(results["exit_code"] == exit_code);
    CHECK(results["seed"] == 18446744073709551615ULL);
    CHECK(results["scenario"] == sample.record.info.scenario);
    CHECK(results["server"]["sha256"] == sample.record.info.server.sha256);
    CHECK(results["reproduce"] == sample.record.info.reproduce);
    CHECK(results["checks"].size() == sample.verdict.checks.size());
    CHECK(results["strength"]["operations"] == sample.record.history.operations.size());
    CHECK(results["failovers"].is_array());
  }
}

TEST_CASE("A check's answer is true, false or \"unknown\", with its figures and anomalies") {
  const nlohmann::json results = results_of(make_sample({SampleVerdict::kFail, 5'000, 1}));
  const nlohmann::json& losses = results["checks"][1];
  CHECK(results["checks"][0]["valid"] == true);
  CHECK(losses["name"] == "losses");
  CHECK(losses["valid"] == false);
  CHECK(losses["allowed"] == 3);
  CHECK(losses["violations"] == 1);
  CHECK(losses["bound"]["window_a_age_ms_max"] == 130);
  CHECK(losses["measured"]["age_ms_max_a"] == 8.2);
  REQUIRE(losses["anomalies"].size() == 4);
  CHECK(losses["anomalies"][0]["type"] == "lost-write-outside-window");
  CHECK(losses["anomalies"][0]["operations"].size() == 3);
  CHECK(losses["anomalies"][1]["window"] == "a");
  const nlohmann::json unknown = results_of(make_sample({SampleVerdict::kUnknown, 500, 1}));
  CHECK(unknown["checks"].back()["valid"] == "unknown");
}

TEST_CASE("results.json tells what steps did, what they expected, and what each load came to") {
  Sample sample = make_sample({SampleVerdict::kPass, 500, 1});
  RunRecord& run = sample.record;
  CommandRecord command;
  command.step = "move";
  command.node = 0;
  command.time = 5 * kMillisecond;
  command.words = {"CLUSTER", "SETSLOT", "7", "STABLE"};
  command.reply = "OK \xff";
  run.commands = {command};
  ExpectationRecord expectation;
  expectation.condition = "owner slot=7 node=n1";
  expectation.held_at = 9 * kMillisecond;
  run.expectations = {expectation};
  LoadPlan load;
  load.name = "queues";
  load.workload = "queue";
  run.plan.loads = {load, load};
  LoadCounters counters;
  counters.ok = 41;
  run.counters.loads = {counters};
  run.plan.known = {{"queues", "lost-element", "a reason", "", ""}};
  CheckResult check;
  check.name = "queues";
  check.anomalies.resize(2);
  check.anomalies[0].type = check.anomalies[1].type = "lost-element";
  check.anomalies[0].known = "a reason";
  sample.verdict.checks.push_back(check);
  Effect down;
  down.kind = EffectKind::kDown;
  down.nodes = {2};
  run.faults.at(0).effects = {down};
  const nlohmann::json results = results_of(sample);
  REQUIRE(!results["effects"].empty());
  CHECK(results["effects"][0]["kind"] == "down");
  CHECK(results["effects"][0]["fault"] == run.faults[0].fault);
  CHECK(results["commands"][0]["node"] == "n1");
  CHECK(results["commands"][0]["time_ms"] == 5);
  CHECK(results["commands"][0]["words"][1] == "SETSLOT");
  CHECK(results["expectations"][0]["held_ms"] == 9);
  CHECK(results["expectations"][0]["until_ms"].is_null());
  CHECK(results["loads"][0]["checks"] == nlohmann::json{"queues"});
  CHECK(results["loads"][0]["ok"] == 41);
  CHECK(results["known"][0]["listed"] == 1);
}

TEST_CASE("results.json tells by which violation a run ended early, and what that left out") {
  Sample sample = make_sample({SampleVerdict::kFail, 500, 1});
  CHECK(results_of(sample)["ended_early"].is_null());
  sample.record.plan.steps.emplace_back().id = "late";
  sample.record.info.ended_early = "register: a lost write";
  const nlohmann::json early = results_of(sample)["ended_early"];
  CHECK(early["violation"] == "register: a lost write");
  CHECK(early["steps_left_out"].back() == "late");
}

TEST_CASE("A failover's phases are milliseconds since its fault, what was not seen is null") {
  Sample sample = make_sample({SampleVerdict::kPass, 500, 1});
  sample.verdict.failovers[0].converged = kNever;
  const nlohmann::json failover = results_of(sample)["failovers"][0];
  CHECK(failover["from"] == "n3");
  CHECK(failover["to"] == "n6");
  CHECK(failover["promoted_ms"] == Approx(1918.6));
  CHECK(failover["converged_ms"].is_null());
  CHECK(failover["within_bound"] == true);
}

TEST_CASE("Text that is not UTF-8 and figures that are not finite survive as JSON") {
  Sample sample = make_sample({SampleVerdict::kFail, 500, 1});
  sample.verdict.checks[0].explanation = "bad \xff\xc3( bytes";
  sample.verdict.checks[0].measured = {{"lag_ms", 0.0 / 0.0 * 0.0}};
  const nlohmann::json check = results_of(sample)["checks"][0];
  CHECK(check["explanation"] == "bad \xef\xbf\xbd\xef\xbf\xbd( bytes");
  CHECK(check["measured"]["lag_ms"].is_null());
}

}  // namespace
}  // namespace harness
