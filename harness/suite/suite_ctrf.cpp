#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/suite/suite_cases.h"
#include "harness/suite/suite_reports.h"
#include "reports/text.h"

namespace harness {
namespace {

using Json = nlohmann::ordered_json;
using reporting::counted;

std::int64_t milliseconds(double seconds) {
  return std::llround(seconds * 1e3);
}

Json test(const std::pair<std::string, std::string>& where, const std::string& name,
          const std::string& status) {
  return {{"name", name},
          {"status", status},
          {"duration", 0},
          {"suite", {where.second, where.first}},
          {"labels", {{"scenario", where.first}, {"build", where.second}}}};
}

/// The promise over all seeds: one violation fails it; without a single answer it is told as other.
Json promise_test(const std::pair<std::string, std::string>& where, const std::string& name,
                  const Cases& cases, const Promise& promise, const std::string& folder) {
  const std::string runs = counted(cases.runs.size(), "run");
  if (promise.invalid > 0) {
    Json json = test(where, name, "failed");
    json["message"] = "violated in " + std::to_string(promise.invalid) + " of " + runs;
    json["trace"] = failure_text(cases, name, folder);
    return json;
  }
  if (promise.valid > 0) return test(where, name, "passed");
  Json json = test(where, name, promise.unknown > 0 ? "other" : "skipped");
  json["rawStatus"] = promise.unknown > 0 ? "unknown" : "not-applicable";
  return json;
}

/// The runs themselves: that each came to an end of its own.
Json run_test(const std::pair<std::string, std::string>& where, const Cases& cases) {
  const auto error =
      std::ranges::find(cases.runs, "error", [](const RunOutcome* run) { return run->verdict; });
  Json json = test(where, "run", error == cases.runs.end() ? "passed" : "failed");
  double seconds = 0;
  std::vector<std::string> seeds;
  for (const RunOutcome* run : cases.runs) {
    seconds += run->seconds;
    seeds.push_back(std::to_string(run->seed));
  }
  json["duration"] = milliseconds(seconds);
  json["labels"]["seeds"] = seeds;
  if (error == cases.runs.end()) return json;
  json["rawStatus"] = "error";
  json["message"] = (*error)->explanation;
  json["trace"] = "repeat it with: " + (*error)->reproduce;
  return json;
}

Json summary_of(const SuiteResult& result, const Json& tests) {
  Json summary = {{"tests", tests.size()}, {"passed", 0},  {"failed", 0},
                  {"skipped", 0},          {"pending", 0}, {"other", 0}};
  for (const Json& entry : tests) {
    auto& count = summary[entry.at("status").get<std::string>()];
    count = count.get<int>() + 1;
  }
  std::int64_t stop = 0;
  for (const RunOutcome& run : result.runs) stop = std::max(stop, run.ended_unix_ms);
  summary["start"] = std::max<std::int64_t>(0, stop - milliseconds(result.seconds));
  summary["stop"] = stop;
  summary["duration"] = milliseconds(result.seconds);
  return summary;
}

}  // namespace

std::string suite_ctrf(const SuiteResult& result, const std::string& folder) {
  Json tests = Json::array();
  for (const auto& [where, cases] : cases_of(result)) {
    tests.push_back(run_test(where, cases));
    for (const auto& [name, promise] : cases.promises)
      tests.push_back(promise_test(where, name, cases, promise, folder));
  }
  for (const Skipped& skipped : result.skipped) {
    tests.push_back(test({skipped.scenario, skipped.build}, "run", "skipped"));
    tests.back()["message"] = skipped.why;
  }
  const Json json = {{"reportFormat", "CTRF"},
                     {"specVersion", "0.0.0"},
                     {"results",
                      {{"tool", {{"name", "harness"}}},
                       {"summary", summary_of(result, tests)},
                       {"tests", tests},
                       {"extra", {{"suite", result.matrix.suite}, {"seed", result.matrix.seed}}}}}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace harness
