// What a suite tells: to people, and to machines.
#include "harness/suite/suite_reports.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

#include "harness/suite/one_run.h"
#include "harness/suite/one_shrink.h"
#include "harness/suite/suite_samples_test.h"
#include "harness/suite/suite_text.h"

using namespace harness;
using namespace harness::test;
using Catch::Contains;

namespace {

SuiteResult one_failure() {
  const Matrix matrix = matrix_of(2, 1, 2);
  SuiteLog log = log_of(matrix, {1});
  log.skipped = {{"z", "X", "no clock faults <here>"}};
  log.seconds = 13260;
  return tally(matrix, log);
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("the end on the terminal names the violation, its rate and the command") {
  const std::string text = suite_text(one_failure(), "store/night-1", false);
  CHECK_THAT(text, Contains("FAIL  night   4 runs: 3 pass, 1 fail   seed 20261129   3 h 41 min"));
  CHECK_THAT(text, Contains("new") && Contains("register / lost write") && Contains("1 of 2"));
  CHECK_THAT(text, Contains("An acknowledged write of <r7> was lost (row 7)"));
  CHECK_THAT(text, Contains("store/night-1/runs/2/x") && Contains("./harness run"));
  CHECK_THAT(text, Contains("no clock faults <here>"));
  CHECK_THAT(text, Contains("store/night-1/summary.md"));
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(suite_text(one_failure(), "", true).find('\x1b') != std::string::npos);
}

TEST_CASE("what broke in the same runs is one entry") {
  const Matrix matrix = matrix_of(2, 1, 2);
  SuiteLog log = log_of(matrix, {1});
  Violation other = lost_write();
  other.check = "logs";
  other.type = "unexpected-exit";
  log.outcomes[1].violations.push_back(other);
  const std::string text = suite_text(tally(matrix, log), "", false);
  CHECK_THAT(text, Contains("new       2   ") && Contains("in the same runs: register / lost write"));
  CHECK(count(text, "./harness run") == 1);
}

TEST_CASE("every report counts the kinds of violation alike") {
  const Matrix matrix = matrix_of(2, 1, 2);
  SuiteLog log = log_of(matrix, {1});
  Violation other = lost_write();
  other.type = "unexpected-exit";
  log.outcomes[1].violations.push_back(other);
  SuiteResult result = tally(matrix, log);
  result.resolved = {Group(result.groups[0])};
  CHECK_THAT(suite_text(result, "", false), Contains("new       2   ") && Contains("resolved  1   "));
  CHECK_THAT(suite_page(result), Contains("<p>2 new kinds of violation, 1 resolved.</p>"));
  CHECK_THAT(suite_markdown(result, ""), Contains("\n2 new kinds of violation, 1 resolved.\n"));
  const auto counts = nlohmann::json::parse(suite_json(result, "")).at("counts");
  CHECK(counts.at("new") == 2);
  CHECK(counts.at("resolved") == 1);
  CHECK_THAT(suite_junit(result, ""), Contains("name=\"kinds-of-violation\" value=\"2\""));
}

TEST_CASE("a suite whose time was over passes for what was run, and says so wherever it says pass") {
  Matrix matrix = matrix_of(1000, 1, 2);
  for (std::size_t i = 0; i < matrix.cells.size(); ++i) matrix.cells[i].scenario = "s" + std::to_string(i);
  SuiteLog log = log_of(matrix);
  log.outcomes.resize(16);
  const SuiteResult result = tally(matrix, log);
  CHECK(exit_code_of(result) == 0);
  const std::string text = suite_text(result, "", false);
  CHECK_THAT(text, Catch::StartsWith("PASS, of what was run  night   16 of 2,000 runs were run: 16 pass"));
  CHECK_THAT(text, Contains("not run   1,984 runs: the time was over; 984 of 1,000 scenarios not once"));
  for (const std::string& page : {suite_page(result), suite_markdown(result, "")})
    CHECK_THAT(page, Contains("pass, of what was run") && Contains("16 of 2,000 runs were run: 16 pass"));
  CHECK_THAT(suite_junit(result, ""), Contains("name=\"suite-not-run\" value=\"1984\""));
}

TEST_CASE("nothing that a cluster says moves the terminal's cursor") {
  SuiteResult result = one_failure();
  result.groups[0].headline = "\x1b[2J gone";
  CHECK(suite_text(result, "", false).find('\x1b') == std::string::npos);
  RunOutcome run = result.runs[0];
  run.verdict = "error";
  run.explanation = "\x1b[2J";
  CHECK(run_line(run, result.runs, "").find('\x1b') == std::string::npos);
}

TEST_CASE("a run's line tells a failure with its rate so far") {
  const SuiteResult result = one_failure();
  const auto failed = std::ranges::find(result.runs, "fail", &RunOutcome::verdict);
  CHECK_THAT(run_line(*failed, result.runs, "S"), Contains("FAIL") &&
                                                      Contains("lost write: An acknowledged") &&
                                                      Contains("1 of 2") && Contains("S/runs/2/x"));
  const auto passed = std::ranges::find(result.runs, "pass", &RunOutcome::verdict);
  CHECK_THAT(run_line(*passed, result.runs, "S"), Contains("ok ") && Contains("10.0 s"));
}

TEST_CASE("the first line says what the matrix is") {
  Matrix matrix = matrix_of(3, 2, 4);
  CHECK(suite_headline(matrix, 24, 2, 13800) ==
        "suite night   2 builds x 3 scenarios x 4 seeds = 24 runs   seed 20261129   2 at a time   about 3 h "
        "50 min");
  matrix.cells[0].weight = 2;
  matrix.shard = {2, 3};
  CHECK_THAT(suite_headline(matrix, 9, 2, 0),
             Contains("2 builds, 3 scenarios, 4 seeds: 9 runs   shard 2 of 3   seed"));
  matrix.rounds = 0;
  CHECK_THAT(suite_headline(matrix, 0, 1, 0), Contains("seeds without end"));
}

TEST_CASE("lengths and the live line") {
  CHECK(length_text(34.4) == "34 s");
  CHECK(length_text(59.6) == "1 min");
  CHECK(length_text(720) == "12 min");
  CHECK(length_text(13800) == "3 h 50 min");
  SuiteFigures figures;
  figures.elapsed_s = 8040;
  figures.expected_s = 13800;
  figures.passed = 141;
  figures.failed = 2;
  figures.running = 2;
  CHECK(suite_line(figures) == "02:14/03:50 [######......] 141 ok  2 failed  2 running");
}

TEST_CASE("JUnit has a test case a promise, with names that stay the same, and escapes what it quotes") {
  const SuiteResult result = one_failure();
  const std::string junit = suite_junit(result, "S");
  CHECK(count(junit, "<testsuite ") == 3);
  // Two suites with `run` and three promises each, and the skipped one.
  CHECK_THAT(junit, Contains("tests=\"9\" failures=\"1\" errors=\"0\" skipped=\"3\""));
  CHECK(count(junit, "<testcase ") == 9);
  CHECK(count(junit, "<failure ") == 1);
  // The two `run` cases have the time of their runs; no check claims one.
  CHECK(count(junit, "name=\"run\" time=\"") == 2);
  CHECK(count(junit, "time=\"") == 2 + 2 + 1);
  CHECK(count(junit, "time=\"0\"") == 0);
  CHECK_THAT(junit,
             Contains("violated in 1 of 2 runs") && Contains("&lt;r7&gt;") && Contains("repeat it with"));
  CHECK_THAT(junit, Contains("name=\"suite-seed\" value=\"20261129\"") && Contains("name=\"reproduce\""));
  CHECK_THAT(junit, Contains("no clock faults &lt;here&gt;"));
  CHECK(count(junit, "<testsuites") == 1);
  CHECK(count(junit, "<testsuite ") == count(junit, "</testsuite>"));
}

TEST_CASE("CTRF has the same test cases, and no key that its schema does not know") {
  SuiteResult result = one_failure();
  result.runs[0].verdict = "error";
  const auto json = nlohmann::json::parse(suite_ctrf(result, "S"));
  CHECK(json.at("reportFormat") == "CTRF");
  CHECK(std::regex_match(json.at("specVersion").get<std::string>(), std::regex("[0-9]+[.][0-9]+[.][0-9]+")));
  const auto& summary = json.at("results").at("summary");
  CHECK(summary.at("tests") == 9);
  CHECK(summary.at("failed") == 2);
  CHECK(summary.at("skipped") == 3);
  CHECK(summary.at("passed") == 4);
  CHECK(summary.at("pending") == 0);
  CHECK(summary.at("other") == 0);
  CHECK(summary.at("start") <= summary.at("stop"));
  const std::set<std::string> known{"name",   "status",  "duration", "suite",
                                    "labels", "message", "trace",    "rawStatus"};
  REQUIRE(json.at("results").at("tests").size() == 9);
  for (const auto& test : json.at("results").at("tests")) {
    CAPTURE(test.dump());
    CHECK_FALSE(test.at("name").get<std::string>().empty());
    CHECK(test.at("duration").is_number_integer());
    for (const auto& [key, value] : test.items()) CHECK(known.contains(key));
    for (const auto& [key, value] : test.at("labels").items()) CHECK((value.is_string() || !value.empty()));
    if (test.at("status") == "failed")
      CHECK_THAT(test.at("trace").get<std::string>(), Contains("repeat it with"));
  }
}

TEST_CASE("metrics are OpenMetrics: families apart, label values escaped, an end") {
  SuiteResult result = one_failure();
  result.groups[0].key.build = "a \"b\"\\\n";
  const std::string text = suite_metrics(result);
  CHECK(text.ends_with("# EOF\n"));
  CHECK_THAT(text, Contains(R"(build="a \"b\"\\\n")"));
  CHECK_THAT(text,
             Contains("harness_suite_runs{suite=\"night\",scenario=\"a\",build=\"X\",verdict=\"pass\"}"));
  const std::regex sample(R"re(([a-z_]+)\{([a-z_]+="([^"\\\n]|\\["\\n])*",?)+\} -?[0-9.e+-]+)re");
  std::set<std::string> families;
  std::string family;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    if (line.starts_with("# TYPE ")) {
      family = line.substr(7, line.find(' ', 7) - 7);
      CHECK(families.insert(family).second);
    } else if (!line.starts_with("# ")) {
      std::smatch match;
      REQUIRE(std::regex_match(line, match, sample));
      CHECK(match[1] == family);
    }
  }
  CHECK(families.size() >= 6);
}

TEST_CASE("the step summary stays below what GitHub takes, and says what it left out") {
  SuiteResult result = one_failure();
  CHECK_THAT(suite_markdown(result, "S"), Contains("## fail: suite night") && Contains("1 of 2") &&
                                              Contains("&lt;r7&gt;") && Contains("| a | X |"));
  const Group group = result.groups[0];
  for (int i = 0; i < 10'000; ++i) {
    result.groups.push_back(group);
    result.groups.back().headline = std::string(200, 'h') + std::to_string(i) + " | pipe";
  }
  const std::string text = suite_markdown(result, "S");
  CHECK(text.size() <= kMostSummaryBytes);
  CHECK(text.size() > kMostSummaryBytes / 2);
  CHECK_THAT(text, Contains("rows more: results.json has them") && Contains("\\| pipe"));
}

TEST_CASE("GitHub gets at most ten annotations, one line each") {
  SuiteResult result = one_failure();
  result.groups[0].headline = "50 % lost\n::set-output";
  result.groups[0].key.build = "a:b,c";
  const std::string one = suite_annotations(result);
  CHECK(count(one, "\n") == 1);
  CHECK_THAT(one,
             Contains("::error title=") && Contains("a%3Ab%2Cc") && Contains("50 %25 lost%0A::set-output"));
  const Group group = result.groups[0];
  for (int i = 0; i < 20; ++i) result.groups.push_back(group);
  const std::string many = suite_annotations(result);
  CHECK(count(many, "\n") == 10);
  CHECK_THAT(many, Contains("12 failures more"));
}

TEST_CASE("the JSON object has the counts, the groups and every run") {
  const auto json = nlohmann::json::parse(suite_json(one_failure(), "S"));
  CHECK(json.at("schema") == 1);
  CHECK(json.at("verdict") == "fail");
  CHECK(json.at("exit_code") == 1);
  CHECK(json.at("counts").at("pass") == 3);
  CHECK(json.at("new").size() == 1);
  CHECK(json.at("new")[0].at("store") == "S/runs/2/x");
  CHECK(json.at("runs").size() == 4);
}

TEST_CASE("the page escapes what it quotes, and links the failures' reports") {
  const std::string page = suite_page(one_failure());
  CHECK_THAT(page, Contains("href=\"runs/2/x/report.html\"") && Contains("&lt;r7&gt;"));
  CHECK(page.find("<r7>") == std::string::npos);
}

TEST_CASE("a run is started as a person would, and its result is found among its words") {
  Matrix matrix = matrix_of(1, 1, 1);
  matrix.cells[0].time_limit_s = 2.5;
  RunSettings settings{SuiteFiles{"S"}, "auto", false};
  Order order;
  order.task = {4, 0, 77};
  const std::vector<std::string> words{
      "run", "a",       "--seed",        "77",     "--time-limit", "2.5", "--server",
      "X",   "--store", "S/runs/000005", "--json", "--no-progress"};
  CHECK(arguments_of(matrix, order, settings) == words);
  order.replay = 2;
  order.plan_of = "runs/000005/r";
  CHECK(arguments_of(matrix, order, settings)[2] == "S/runs/000005/r/plan.json");

  const std::string said = R"(harness: a warning {not json
{"verdict": "fail", "exit_code": 1, "run": "r", "explanation": "bad", "reproduce": "cmd", "checks": [
 {"name": "register", "valid": false, "violations": 2, "anomalies": [
   {"type": "lost-write", "headline": "h", "promise": "row 7", "allowed": false},
   {"type": "lost-write", "headline": "i", "promise": "row 7", "allowed": false},
   {"type": "lost-write", "headline": "j", "allowed": true},
   {"type": "old", "headline": "k", "allowed": true, "known": "redis#1"}]},
 {"name": "logs", "valid": "unknown", "violations": 0, "anomalies": []},
 {"name": "epochs", "valid": false, "violations": 9, "explanation": "too many", "anomalies": []}]}
)";
  order.replay = 0;
  const RunOutcome outcome = outcome_of(matrix, order, settings, said, {1, 0});
  CHECK(outcome.verdict == "fail");
  CHECK(outcome.store == "runs/000005/r");
  REQUIRE(outcome.violations.size() == 3);
  CHECK(outcome.violations[0].count == 2);
  CHECK(outcome.violations[0].headline == "h");
  CHECK(outcome.violations[1].known == "redis#1");
  CHECK(outcome.violations[2].count == 9);
  CHECK(outcome.violations[2].headline == "too many");
  const RunOutcome killed = outcome_of(matrix, order, settings, "harness: out of\nmemory\n", {-1, 9});
  CHECK(killed.verdict == "error");
  CHECK(killed.explanation == "the run gave no result: it died of SIGKILL: out of memory");
  CHECK(outcome_of(matrix, order, settings, "{\"verdict\": 3}", {0, 0}).verdict == "error");
}

TEST_CASE("every report tells what a violation was shrunk to, or why it was not") {
  const Matrix matrix = matrix_of(2, 1, 2);
  SuiteLog log = log_of(matrix, {1});
  const auto failed = std::ranges::find(log.outcomes, "fail", &RunOutcome::verdict);
  log.shrunk = {{failed->store, 24, 3, 2, 3, failed->store + "/shrunk.toml", "", 60}};
  SuiteResult result = tally(matrix, log);
  const std::string words = "shrunk from 24 steps to 3 (2 of 3 failed): S/" + failed->store + "/shrunk.toml";
  CHECK_THAT(suite_text(result, "S", false), Contains(words));
  CHECK_THAT(suite_markdown(result, "S"), Contains("24 steps to 3"));
  CHECK_THAT(suite_page(result), Contains("24 steps to 3"));
  const auto json = nlohmann::json::parse(suite_json(result, "S"));
  CHECK(json.at("new")[0].at("shrunk").at("steps") == 3);
  log.shrunk[0] = {failed->store, 0, 0, 0, 0, "", "it did not come back", 60};
  CHECK_THAT(suite_text(tally(matrix, log), "S", false), Contains("not shrunk: it did not come back"));
}

TEST_CASE("what shrink printed becomes the journal's line, without a result it says why") {
  const std::string said = R"(harness: a warning
{"schema": 1, "before": {"steps": 24}, "after": {"steps": 3}, "shrunk": {"failed": 2, "of": 3}})";
  const Shrunk shrunk = shrunk_of("runs/1/x", said, {0, 0});
  CHECK(shrunk.steps_before == 24);
  CHECK(shrunk.steps == 3);
  CHECK(shrunk.failed == 2);
  CHECK(shrunk.scenario == "runs/1/x/shrunk.toml");
  CHECK(shrunk_of("x", said, {4, 0}).why == "it did not come back");
  CHECK(shrunk_of("x", said, {4, 0}).scenario.empty());
  CHECK_THAT(shrunk_of("x", "harness: no such run", {3, 0}).why, Contains("no such run"));
  CHECK_THAT(shrunk_of("x", R"({"schema": 1})", {0, 0}).why, Contains("cannot be understood"));
  RunSettings settings;
  settings.files = SuiteFiles{"S"};
  settings.sandbox = "loopback";
  CHECK(arguments_of_shrink("runs/1/x", 90, settings) ==
        std::vector<std::string>{"shrink", "S/runs/1/x", "--times", "3", "--time", "90.0", "--sandbox",
                                 "loopback", "--json", "--no-progress"});
}
