// Grouping, counting, comparing and joining.
#include "harness/suite/tally.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "harness/core/check.h"
#include "harness/suite/keep.h"
#include "harness/suite/machine.h"
#include "harness/suite/suite_samples_test.h"
#include "harness/suite/suite_text.h"

using namespace harness;
using namespace harness::test;
using Catch::Contains;

TEST_CASE("equal violations are one group, with k of n and the first store") {
  const Matrix matrix = matrix_of(2, 1, 5);
  std::vector<std::size_t> of_a;
  for (const SuiteTask& task : all_tasks(matrix))
    if (matrix.cells[task.cell].scenario == "a") of_a.push_back(task.number);
  SuiteLog log = log_of(matrix, {of_a[1], of_a[3]});
  for (int k = 1; k <= 3; ++k) {  // two of three replays have it
    RunOutcome replay = log.outcomes[of_a[1]];
    replay.replay = k;
    if (k == 3) replay.verdict = "pass", replay.violations.clear();
    log.outcomes.push_back(replay);
  }
  const SuiteResult result = tally(matrix, log);
  REQUIRE(result.groups.size() == 1);
  const Group& group = result.groups[0];
  CHECK(group.key == GroupKey{"a", "X", "register", "lost-write", "row 7"});
  CHECK(group.runs_with == 2);
  CHECK(group.runs == 5);
  CHECK(group.replays_with == 2);
  CHECK(group.replays == 3);
  CHECK(group.store == "runs/" + std::to_string(of_a[1] + 1) + "/x");
  CHECK_THAT(group.reproduce, Contains("run a --seed"));
  CHECK(result.passed == 8);
  CHECK(result.failed == 2);
  CHECK(exit_code_of(result) == 1);
}

TEST_CASE("what only a replay shows is told, too") {
  const Matrix matrix = matrix_of(1, 1, 2);
  SuiteLog log = log_of(matrix, {0});
  for (int k = 1; k <= 3; ++k) {
    RunOutcome replay = log.outcomes[0];
    replay.replay = k;
    replay.store = "replay" + std::to_string(k);
    if (k == 2) replay.violations[0].type = "stale-read";
    log.outcomes.push_back(replay);
  }
  const SuiteResult result = tally(matrix, log);
  REQUIRE(result.groups.size() == 2);
  CHECK(result.groups[0].key.type == "lost-write");
  CHECK(result.groups[0].replays_with == 2);
  CHECK(result.groups[1].key.type == "stale-read");
  CHECK(result.groups[1].runs_with == 0);
  CHECK(result.groups[1].runs == 2);
  CHECK(result.groups[1].replays_with == 1);
  CHECK(result.groups[1].replays == 3);
  CHECK(result.groups[1].store == "replay2");
}

TEST_CASE("another build, checker, type or promise is another group") {
  const Matrix matrix = matrix_of(1, 2, 1);
  SuiteLog log = log_of(matrix, {0, 1});
  Violation other = lost_write();
  other.type = "stale-read";
  log.outcomes[0].violations.push_back(other);
  other = lost_write();
  other.promise = "rule 3";
  log.outcomes[0].violations.push_back(other);
  other = lost_write();
  other.check = "set";
  log.outcomes[0].violations.push_back(other);
  CHECK(tally(matrix, log).groups.size() == 5);
}

TEST_CASE("known violations are counted apart, and are no failure") {
  const Matrix matrix = matrix_of(1, 1, 2);
  SuiteLog log = log_of(matrix);
  log.outcomes[1].violations = {lost_write()};
  log.outcomes[1].violations[0].known = "redis#1";
  const SuiteResult result = tally(matrix, log);
  CHECK(result.groups.empty());
  REQUIRE(result.known.size() == 1);
  CHECK(result.known[0].runs_with == 1);
  CHECK(result.known[0].runs == 2);
  CHECK(result.known[0].known == "redis#1");
  CHECK(exit_code_of(result) == 0);
}

TEST_CASE("a run that was done again counts once, as it came out the second time") {
  const Matrix matrix = matrix_of(1, 1, 1);
  SuiteLog log = log_of(matrix);
  RunOutcome second = log.outcomes[0];
  log.outcomes[0].verdict = "unknown";
  second.attempt = 2;
  log.outcomes.push_back(second);
  const SuiteResult result = tally(matrix, log);
  CHECK(result.runs.size() == 1);
  CHECK(result.redone == 1);
  CHECK(result.unknown == 0);
  CHECK(exit_code_of(result) == 0);
}

TEST_CASE("the exit code: a violation wins over an error, that over unknown") {
  const Matrix matrix = matrix_of(1, 1, 3);
  SuiteLog log = log_of(matrix);
  CHECK(exit_code_of(tally(matrix, log)) == 0);
  log.outcomes[0].verdict = "unknown";
  CHECK(exit_code_of(tally(matrix, log)) == 4);
  log.outcomes[1].verdict = "error";
  CHECK(exit_code_of(tally(matrix, log)) == 3);
  log.outcomes[2].verdict = "fail";
  SuiteResult result = tally(matrix, log);
  CHECK(exit_code_of(result) == 1);
  result.interrupted = true;
  CHECK(exit_code_of(result) == 130);
  CHECK(result.silences.size() == 2);
}

TEST_CASE("a run whose line in the journal is damaged makes the suite no pass") {
  const Matrix matrix = matrix_of(2, 1, 1);
  SuiteLog log = log_of(matrix);
  CHECK(exit_code_of(tally(matrix, log)) == 0);
  log.outcomes.pop_back();
  log.finished = true;
  log.bad_lines = 1;
  const SuiteResult result = tally(matrix, log);
  CHECK(exit_code_of(result) == 4);
  REQUIRE(result.incomplete.size() == 1);
  CHECK_THAT(result.incomplete[0], Catch::Contains("1 line that cannot be understood"));
  // One that was done again costs nothing.
  log = log_of(matrix);
  log.bad_lines = 1;
  CHECK(exit_code_of(tally(matrix, log)) == 0);
}

TEST_CASE("what ran nothing is no pass") {
  Matrix matrix = matrix_of(1, 1, 1);
  SuiteLog log;
  log.finished = true;
  CHECK(tally(matrix, log).not_reached == 1);
  CHECK(exit_code_of(tally(matrix, log)) == 4);  // no time for a single run
  log.skipped = {{"a", "X", "not here"}};
  CHECK(exit_code_of(tally(matrix, log)) == 3);
  matrix.shard = {2, 2};
  CHECK(exit_code_of(tally(matrix, {})) == 5);
}

TEST_CASE("a violation is new, ongoing or resolved by the suite before") {
  const Matrix matrix = matrix_of(2, 1, 2);
  const auto numbers_of = [&](const std::string& scenario) {
    std::vector<std::size_t> numbers;
    for (const SuiteTask& task : all_tasks(matrix))
      if (matrix.cells[task.cell].scenario == scenario) numbers.push_back(task.number);
    return numbers;
  };
  const SuiteResult before = tally(matrix, log_of(matrix, {numbers_of("a")[0]}));
  SuiteResult both =
      tally(matrix, log_of(matrix, {numbers_of("a")[0], numbers_of("a")[1], numbers_of("b")[0]}));
  compare_with(before, both);
  REQUIRE(both.groups.size() == 2);
  CHECK(both.groups[0].key.scenario == "b");  // new ones first
  CHECK_FALSE(both.groups[0].ongoing);
  CHECK(both.groups[1].ongoing);
  CHECK(both.groups[1].before_with == 1);
  CHECK(both.groups[1].before_runs == 2);
  CHECK(both.resolved.empty());
  SuiteResult none = tally(matrix, log_of(matrix));
  compare_with(before, none);
  REQUIRE(none.resolved.size() == 1);
  CHECK(none.resolved[0].key.scenario == "a");
  // What did not run again is not resolved.
  SuiteLog only_b = log_of(matrix);
  std::erase_if(only_b.outcomes, [](const RunOutcome& run) { return run.scenario == "a"; });
  SuiteResult half = tally(matrix, only_b);
  compare_with(before, half);
  CHECK(half.resolved.empty());
}

namespace {

std::vector<Part> shards_of(Matrix matrix, int of, const std::vector<std::size_t>& fails = {}) {
  std::vector<Part> parts;
  for (int index = 1; index <= of; ++index) {
    matrix.shard = {index, of};
    parts.push_back({"part" + std::to_string(index), matrix, log_of(matrix, fails)});
  }
  return parts;
}

SuiteResult merged(const std::vector<Part>& parts) {
  return tally(join_shards(parts));
}

}  // namespace

TEST_CASE("joined shards tell what the whole would have told") {
  const Matrix matrix = matrix_of(3, 2, 2);
  const std::vector<std::size_t> fails{1, 4, 7};
  const SuiteResult whole = tally(matrix, log_of(matrix, fails));
  const SuiteResult joined = merged(shards_of(matrix, 3, fails));
  CHECK(joined.runs.size() == whole.runs.size());
  CHECK(joined.failed == 3);
  CHECK(joined.not_reached == 0);
  REQUIRE(joined.groups.size() == whole.groups.size());
  for (std::size_t i = 0; i < whole.groups.size(); ++i) {
    CHECK(joined.groups[i].key == whole.groups[i].key);
    CHECK(joined.groups[i].runs_with == whole.groups[i].runs_with);
    CHECK(joined.groups[i].runs == whole.groups[i].runs);
    CHECK_THAT(joined.groups[i].store, Contains("part"));
  }
  CHECK(exit_code_of(joined) == 1);
  CHECK(exit_code_of(merged(shards_of(matrix, 3))) == 0);
}

TEST_CASE("a shard that is missing or was killed makes the whole no pass") {
  const Matrix matrix = matrix_of(3, 2, 2);
  auto parts = shards_of(matrix, 3);
  parts.erase(parts.begin() + 1);
  const SuiteResult missing = merged(parts);
  REQUIRE(missing.incomplete.size() == 1);
  CHECK(missing.incomplete[0] == "shard 2 of 3 is missing");
  CHECK(exit_code_of(missing) == 4);
  CHECK_THAT(suite_text(missing, "", false), Contains("of parts that are missing or did not finish"));
  parts = shards_of(matrix, 3);
  parts[2].log.finished = false;
  CHECK_THAT(merged(parts).incomplete.at(0), Contains("shard 3 of 3 did not finish"));
  CHECK(exit_code_of(merged(parts)) == 4);
}

TEST_CASE("shards of different suites, or one twice, are not joined") {
  auto parts = shards_of(matrix_of(3, 2, 2), 2);
  parts[1].matrix.seed = 1;
  CHECK_THROWS_AS(merged(parts), UsageError);
  parts = shards_of(matrix_of(3, 2, 2), 2);
  parts[1] = parts[0];
  CHECK_THROWS_WITH(merged(parts), Contains("twice"));
}

TEST_CASE("of equal failures the first three stores are kept whole") {
  const Matrix matrix = matrix_of(1, 1, 6);
  SuiteLog log = log_of(matrix, {0, 1, 2, 3, 4});
  Keeper failures(Keep::kFailures);
  std::vector<bool> kept;
  for (const RunOutcome& outcome : log.outcomes) kept.push_back(failures.keeps_whole(outcome));
  CHECK(kept == std::vector<bool>{true, true, true, false, false, false});
  RunOutcome unknown = log.outcomes[5];
  unknown.verdict = "unknown";
  CHECK(failures.keeps_whole(unknown));
  CHECK(Keeper(Keep::kAll).keeps_whole(log.outcomes[5]));
  CHECK_FALSE(Keeper(Keep::kNone).keeps_whole(log.outcomes[0]));
  CHECK_THROWS_AS(keep_from("some"), UsageError);
}

TEST_CASE("as many runs as cores and memory carry") {
  Need need;
  CHECK(runs_side_by_side({4, 64ULL << 30}, need) == 4);  // a guess: one core each
  need.add_run(5, 10);
  CHECK(runs_side_by_side({4, 64ULL << 30}, need) == 8);
  need.add_run(55, 10);  // three cores each, on average
  CHECK(runs_side_by_side({4, 64ULL << 30}, need) == 1);
  Need small;
  small.add_run(0.1, 10);
  CHECK(runs_side_by_side({2, 64ULL << 30}, small) == 6);  // at most three a core
  small.see_bytes(1ULL << 30);
  CHECK(runs_side_by_side({2, 3ULL << 30}, small) == 2);
  CHECK(runs_side_by_side({2, 100}, small) == 1);
  CHECK(runs_when(0.5, 3, 6) == 4);  // cores are idle
  CHECK(runs_when(0.5, 6, 6) == 6);  // and yet no more than the limit
  CHECK(runs_when(0.9, 3, 6) == 3);
  CHECK(runs_when(0.99, 3, 6) == 2);  // others want them too
  CHECK(runs_when(0.99, 1, 6) == 1);
  CHECK(runs_when(0, 0, 0) == 1);
  BusyMeter meter;
  for (int i = 0; i < 3; ++i) {
    const double busy = meter.measure();
    CHECK(busy >= 0);
    CHECK(busy <= 1);
  }
  const Machine here = measure_machine(0);
  CHECK(here.cores > 0);
  CHECK(here.bytes > 0);
}

TEST_CASE("what is new is to be shrunk, once a store, what is ongoing, known or shrunk is not") {
  const Matrix matrix = matrix_of(2, 1, 2);
  SuiteLog log = log_of(matrix, {0, 1});
  log.outcomes[0].violations.push_back({"logs", "crash", "", "it crashed", "", 1});
  const auto stores = to_shrink(tally(matrix, log));
  REQUIRE(!stores.empty());
  CHECK(std::set<std::string>(stores.begin(), stores.end()).size() == stores.size());
  SuiteLog shrunk = log;
  shrunk.shrunk = {{stores[0], 24, 3, 3, 3, stores[0] + "/shrunk.toml", "", 60}};
  const SuiteResult result = tally(matrix, shrunk);
  CHECK(to_shrink(result).size() == stores.size() - 1);
  const auto group =
      std::ranges::find_if(result.groups, [](const Group& one) { return one.shrunk.has_value(); });
  REQUIRE(group != result.groups.end());
  CHECK(group->shrunk->steps == 3);
  SuiteResult ongoing = tally(matrix, log);
  compare_with(tally(matrix, log), ongoing);
  CHECK(to_shrink(ongoing).empty());
  for (RunOutcome& outcome : log.outcomes)
    for (Violation& violation : outcome.violations) violation.known = "bug 7";
  CHECK(to_shrink(tally(matrix, log)).empty());
}

TEST_CASE("joined shards keep what was shrunk, with their folders") {
  Matrix matrix = matrix_of(1, 1, 2);
  matrix.shard = {1, 2};
  Matrix other = matrix;
  other.shard = {2, 2};
  SuiteLog log = log_of(matrix, {0});
  log.shrunk = {{log.outcomes[0].store, 9, 2, 3, 3, log.outcomes[0].store + "/shrunk.toml", "", 60}};
  const std::vector<Part> parts{{"A", matrix, log}, {"B", other, log_of(other)}};
  const SuiteResult result = tally(join_shards(parts));
  REQUIRE(result.groups.size() == 1);
  REQUIRE(result.groups[0].shrunk);
  CHECK(result.groups[0].shrunk->scenario == "A/" + log.outcomes[0].store + "/shrunk.toml");
}
