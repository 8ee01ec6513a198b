#include "harness/trend/trend.h"

#include <sqlite3.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "harness/cluster/test_support.h"
#include "harness/core/check.h"
#include "harness/run/store.h"
#include "harness/suite/suite_store.h"

using namespace harness;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kDay = 86'400'000;
constexpr std::int64_t kFirst = 20'000 * kDay;  // 2024-10-04

TrendRun run_on(int day, const char* scenario, const char* verdict, const char* build = "redis 7.0.15") {
  static int number = 0;
  TrendRun run;
  run.id = "run-" + std::to_string(++number);
  run.outcome.scenario = scenario;
  run.outcome.build = build;
  run.outcome.verdict = verdict;
  run.outcome.seed = 18446744073709551615U;
  run.outcome.seconds = 12.5;
  run.outcome.ended_unix_ms = kFirst + day * kDay + 1'000;
  run.outcome.reproduce = "./harness run " + std::string(scenario);
  run.outcome.checks = {{"register", run.outcome.verdict == "fail" ? "false" : "true"}};
  if (run.outcome.verdict == "fail")
    run.outcome.violations = {{"register", "lost-write", "rule 4", "A write was lost", "", 3}};
  return run;
}

const TrendLine& line_of(const std::vector<TrendLine>& lines, const std::string& scenario) {
  for (const TrendLine& line : lines)
    if (line.scenario == scenario) return line;
  throw std::runtime_error("no line of " + scenario);
}

std::vector<TrendRun> some_nights() {
  std::vector<TrendRun> runs;
  for (int day = 0; day < 4; ++day) {
    runs.push_back(run_on(day, "steady", "pass"));
    runs.push_back(run_on(day, "steady", "unknown"));
    runs.push_back(run_on(day, "broken-today", day == 3 ? "fail" : "pass"));
    runs.push_back(run_on(day, "flaky", day % 2 == 1 ? "fail" : "pass"));
    runs.push_back(run_on(day, "mended", day < 2 ? "fail" : "pass"));
  }
  runs.push_back(run_on(0, "steady", "fail", "valkey 9.1.2"));  // not run again since
  return runs;
}

}  // namespace

TEST_CASE("new failures come first, then ongoing, resolved and steady ones, each with its nights") {
  const auto lines = trend_of(some_nights());
  REQUIRE(lines.size() == 5);
  CHECK(lines[0].scenario == "broken-today");
  CHECK(lines[0].kind == TrendLine::Kind::kNew);
  CHECK(line_of(lines, "flaky").kind == TrendLine::Kind::kOngoing);
  CHECK(line_of(lines, "flaky").flaky());
  CHECK(line_of(lines, "flaky").failed == 2);
  CHECK(line_of(lines, "mended").kind == TrendLine::Kind::kResolved);
  CHECK(line_of(lines, "mended").last_failed == "2024-10-05");
  CHECK(lines.back().kind == TrendLine::Kind::kSteady);
  CHECK(lines.back().nights.at("2024-10-04").unknown == 1);
  // Of a pair that did not run in the newest night its own last one counts.
  CHECK(std::ranges::any_of(lines, [](const TrendLine& line) {
    return line.build == "valkey 9.1.2" && line.kind == TrendLine::Kind::kOngoing;
  }));
}

TEST_CASE(
    "the trend is told in a column a night, and nothing in it reaches the terminal as a control sequence") {
  auto runs = some_nights();
  runs.back().outcome.scenario = "evil\x1b[2J";
  const std::string text = trend_text(trend_of(runs), 3);
  CHECK_THAT(text, Contains("21 runs   3 nights shown, 2024-10-05 to 2024-10-07"));
  CHECK_THAT(text, Contains("new       broken-today"));
  CHECK_THAT(text, Contains("[..1]  redis 7.0.15   1 of 4 failed (5 to 70 %)"));
  CHECK_THAT(text, Contains("[1..]"));
  CHECK_THAT(text, Contains("last 2024-10-05"));
  CHECK_THAT(text, Contains("register: lost-write"));
  CHECK_THAT(text, Contains("1 pair of scenario and build without a violation in 8 runs"));
  CHECK(text.find('\x1b') == std::string::npos);
  const auto json = nlohmann::json::parse(trend_json(trend_of(runs)));
  CHECK(json["lines"][0]["kind"] == "new");
  CHECK(json["lines"][0]["nights"]["2024-10-07"]["failed"] == 1);
  CHECK_THAT(trend_text({}, 3), Contains("no run"));
}

TEST_CASE("the file remembers each run once, with its checks and violations, also when it is opened again") {
  const ScratchFolder folder;
  const auto runs = some_nights();
  CHECK(TrendBase(folder.path / "t.sqlite").add(runs) == runs.size());
  TrendBase base(folder.path / "t.sqlite");
  CHECK(base.add(runs) == 0);
  CHECK(base.add({run_on(9, "late", "fail")}) == 1);
  CHECK(base.since(0).size() == runs.size() + 1);
  const auto late = base.since(kFirst + 5 * kDay);
  REQUIRE(late.size() == 1);
  CHECK(late[0].outcome.seed == 18446744073709551615U);
  CHECK(late[0].outcome.checks == std::vector<std::pair<std::string, std::string>>{{"register", "false"}});
  REQUIRE(late[0].outcome.violations.size() == 1);
  CHECK(late[0].outcome.violations[0].promise == "rule 4");
  CHECK(late[0].outcome.violations[0].count == 3);
  write_file(folder.path / "text.sqlite", "this is no database, and long enough to be none");
  CHECK_THROWS_WITH(TrendBase(folder.path / "text.sqlite"), Contains("not a database"));
  CHECK_THROWS_AS(TrendBase(folder.path / "none" / "t.sqlite"), EnvironmentError);
  sqlite3* other = nullptr;
  REQUIRE(::sqlite3_open((folder.path / "other.sqlite").c_str(), &other) == SQLITE_OK);
  CHECK(::sqlite3_exec(other, "CREATE TABLE photos (id)", nullptr, nullptr, nullptr) == SQLITE_OK);
  ::sqlite3_close(other);
  CHECK_THROWS_WITH(TrendBase(folder.path / "other.sqlite"), Contains("a SQLite file of something else"));
}

TEST_CASE("two binaries of one version are two builds, and one binary goes by its version alone") {
  const std::string sound(64, 'c'), broken(64, 'd');
  auto runs = some_nights();
  for (TrendRun& run : runs) run.outcome.binary = sound;
  const auto one = trend_of(runs);
  CHECK(line_of(one, "flaky").build == "redis 7.0.15");
  for (int day = 0; day < 2; ++day) {
    runs.push_back(run_on(day, "steady", "fail"));
    runs.back().outcome.binary = broken;
    runs.push_back(run_on(day, "steady", "pass"));  // remembered when binaries were not recorded
  }
  std::map<std::string, TrendLine> steady;
  for (TrendLine& line : trend_of(runs))
    if (line.scenario == "steady") steady[line.build] = line;
  REQUIRE(steady.size() == 4);
  CHECK(steady.at("redis 7.0.15 (cccccccc)").failed == 0);
  CHECK(steady.at("redis 7.0.15 (dddddddd)").failed == 2);
  CHECK_FALSE(steady.at("redis 7.0.15 (dddddddd)").flaky());
  CHECK(steady.at("redis 7.0.15 (binary not recorded)").runs == 2);
  CHECK(steady.contains("valkey 9.1.2"));
}

TEST_CASE("a base of the first version is read, and learns the binaries of runs that the store still has") {
  const ScratchFolder folder;
  const fs::path file = folder.path / "t.sqlite";
  auto runs = some_nights();
  TrendBase(file).add(runs);
  sqlite3* base = nullptr;
  REQUIRE(::sqlite3_open(file.c_str(), &base) == SQLITE_OK);
  CHECK(::sqlite3_exec(base, "ALTER TABLE runs DROP COLUMN binary; PRAGMA user_version = 1", nullptr, nullptr,
                       nullptr) == SQLITE_OK);
  ::sqlite3_close(base);
  runs.resize(1);
  runs[0].outcome.binary = "bundled";
  CHECK(TrendBase(file).add(runs) == 0);
  for (const TrendRun& run : TrendBase(file).since(0))
    CHECK(run.outcome.binary == (run.id == runs[0].id ? "bundled" : ""));
}

TEST_CASE("a store gives single runs and those of suites, without replays, and names what cannot be read") {
  const ScratchFolder folder;
  const auto put = [&](const char* name, const std::string& results) {
    fs::create_directories(folder.path / name);
    write_file(RunFiles{folder.path / name}.results(), results);
  };
  put("20241004T100000Z-basic-1",
      R"({"verdict": "fail", "exit_code": 1, "scenario": "basic", "seed": 7, "duration_ms": 12500, "explanation": "e", )"
      R"("server": {"flavor": "redis", "version": "7.0.15", "spec": "redis", "sha256": "c2f35b59"}, )"
      R"("peers": [{"flavor": "bundled", "version": "7.0.15", "spec": "bundled", "sha256": "aa"}], )"
      R"("checks": [], "reproduce": "r"})");
  put("broken", "{\"verdict\": 7}");
  fs::create_directories(folder.path / "killed");
  const SuiteFiles suite{folder.path / "nightly-1"};
  fs::create_directories(suite.directory);
  RunOutcome first = run_on(0, "of-a-suite", "unknown").outcome,
             again = run_on(0, "of-a-suite", "pass").outcome,
             replay = run_on(0, "of-a-suite", "fail").outcome;
  again.attempt = 2;
  replay.replay = 1;
  std::string journal;
  for (const RunOutcome& outcome : {first, again, replay})
    journal += nlohmann::json{{"event", "ended"}, {"outcome", outcome}}.dump() + "\n";
  write_file(suite.journal(), journal);
  std::vector<std::string> unreadable;
  auto runs = runs_of_store(folder.path, unreadable);
  std::ranges::sort(runs, {}, &TrendRun::id);
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].outcome.build == "redis 7.0.15 + bundled 7.0.15");
  CHECK(runs[0].outcome.binary == "c2f35b59 + bundled");
  CHECK(date_of(runs[0].outcome.ended_unix_ms) == "2024-10-04");
  CHECK(runs[0].outcome.ended_unix_ms == 1'728'036'012'500);
  CHECK(runs[1].id == "nightly-1/0");
  CHECK(runs[1].suite == "nightly-1");
  CHECK(runs[1].outcome.verdict == "pass");
  CHECK(unreadable.size() == 1);
  CHECK_THROWS_AS(runs_of_store(folder.path / "none", unreadable), EnvironmentError);
}
