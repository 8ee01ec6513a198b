#include "reports/results.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

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

TEST_CASE("A failover's phases are milliseconds since its fault; what was not seen is null") {
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
