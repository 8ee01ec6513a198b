// What a suite does next.
#include "harness/suite/schedule.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "harness/suite/suite_samples_test.h"

using namespace harness;
using namespace harness::test;

namespace {

/// Ends the order with a pass.
void pass(Schedule& schedule, const Matrix& matrix, const Order& order) {
  RunOutcome outcome = outcome_of_task(matrix, order.task, "pass");
  outcome.replay = order.replay;
  outcome.attempt = order.attempt;
  schedule.ended(outcome);
}

RunOutcome stalled(const Matrix& matrix, const SuiteTask& task) {
  RunOutcome outcome = outcome_of_task(matrix, task, "unknown");
  outcome.node_timeout_ms = 1500;
  outcome.stall_ms = 900;
  return outcome;
}

}  // namespace

TEST_CASE("all runs of the matrix begin once") {
  const Matrix matrix = matrix_of(3, 2, 2);
  Schedule schedule(matrix, {});
  std::set<std::size_t> seen;
  while (const auto order = schedule.next(true)) {
    CHECK(seen.insert(order->task.number).second);
    pass(schedule, matrix, *order);
  }
  CHECK(seen.size() == 12);
  CHECK_FALSE(schedule.anything_left(true));
}

TEST_CASE("a suite without end draws one round after the other") {
  const Matrix matrix = matrix_of(2, 1, 0);
  Schedule schedule(matrix, {});
  std::set<std::size_t> seen;
  for (int i = 0; i < 50; ++i) {
    const auto order = schedule.next(true);
    REQUIRE(order);
    CHECK(seen.insert(order->task.number).second);
    pass(schedule, matrix, *order);
  }
  CHECK(schedule.anything_left(true));
  CHECK_FALSE(schedule.anything_left(false));  // the time is over
  CHECK_FALSE(schedule.next(false));
}

TEST_CASE("a suite whose scenarios are all skipped has nothing to do, without end too") {
  for (const int rounds : {0, 3}) {
    const Matrix matrix = matrix_of(1, 1, rounds);
    SuiteLog log;
    log.skipped = {{"a", "X", "not here"}};
    Schedule schedule(matrix, log);
    CHECK_FALSE(schedule.next(true));
    CHECK_FALSE(schedule.anything_left(true));
  }
}

TEST_CASE("a new violation is replayed three times at once, an equal one is not") {
  const Matrix matrix = matrix_of(1, 1, 4);
  Schedule schedule(matrix, {});
  const auto fail = [&](const Order& order) {
    RunOutcome outcome = outcome_of_task(matrix, order.task, "fail");
    outcome.violations = {lost_write()};
    outcome.replay = order.replay;
    schedule.ended(outcome);
  };
  const Order first = *schedule.next(true);
  fail(first);
  for (int k = 1; k <= 3; ++k) {
    const Order replay = *schedule.next(true);
    CHECK(replay.replay == k);
    CHECK(replay.task.number == first.task.number);
    CHECK(replay.task.seed == first.task.seed);
    CHECK(replay.plan_of == "runs/1/x");
    fail(replay);
  }
  const Order second = *schedule.next(true);
  CHECK(second.replay == 0);
  fail(second);
  CHECK(schedule.next(true)->replay == 0);
}

TEST_CASE("a known violation is not replayed") {
  const Matrix matrix = matrix_of(1, 1, 2);
  Schedule schedule(matrix, {});
  RunOutcome outcome = outcome_of_task(matrix, schedule.next(true)->task, "pass");
  outcome.violations = {lost_write()};
  outcome.violations[0].known = "redis#1";
  schedule.ended(outcome);
  CHECK(schedule.next(true)->replay == 0);
}

TEST_CASE("a run that a stall spoilt is done again, once, when nothing else runs, nothing begins beside it") {
  const Matrix matrix = matrix_of(2, 1, 1);
  Schedule schedule(matrix, {});
  const Order first = *schedule.next(true);
  const Order second = *schedule.next(true);
  schedule.ended(stalled(matrix, first.task));
  CHECK_FALSE(schedule.next(true));  // the second one still runs
  schedule.ended(stalled(matrix, second.task));
  const Order again = *schedule.next(true);
  CHECK(again.attempt == 2);
  CHECK(again.task.number == first.task.number);
  CHECK_FALSE(schedule.next(true));  // alone
  RunOutcome outcome = stalled(matrix, again.task);
  outcome.attempt = 2;
  schedule.ended(outcome);
  CHECK(schedule.next(true)->task.number == second.task.number);
}

TEST_CASE("what could not conclude beside others is done again, unless its like could not alone either") {
  const Matrix matrix = matrix_of(1, 1, 3);
  Schedule schedule(matrix, {});
  const auto unknown = [&](const Order& order) {
    RunOutcome outcome = outcome_of_task(matrix, order.task, "unknown");
    outcome.beside = order.attempt == 1;
    outcome.attempt = order.attempt;
    return outcome;
  };
  std::vector<Order> orders{*schedule.next(true), *schedule.next(true), *schedule.next(true)};
  schedule.ended(unknown(orders[0]));
  pass(schedule, matrix, orders[1]);
  pass(schedule, matrix, orders[2]);
  const Order again = *schedule.next(true);
  CHECK(again.attempt == 2);
  schedule.ended(unknown(again));
  CHECK_FALSE(schedule.anything_left(true));
  SuiteLog log;
  log.outcomes = {unknown(again), unknown(orders[1])};
  CHECK(Schedule(matrix, log).next(true)->attempt == 1);  // the third run; the second is not tried again
  RunOutcome alone = unknown(orders[0]);
  alone.beside = false;
  CHECK_FALSE(disturbed(alone));
}

TEST_CASE("a suite without end does again what was disturbed, some at a time") {
  const Matrix matrix = matrix_of(8, 1, 0);
  Schedule schedule(matrix, {});
  for (int i = 0; i < 5; ++i) schedule.ended(stalled(matrix, schedule.next(true)->task));
  CHECK(schedule.next(true)->attempt == 2);
}

TEST_CASE("a stall spoils only what could not conclude") {
  const Matrix matrix = matrix_of(1, 1, 1);
  RunOutcome outcome = stalled(matrix, all_tasks(matrix)[0]);
  CHECK(spoilt_by_stall(outcome));
  outcome.stall_ms = 700;
  CHECK_FALSE(spoilt_by_stall(outcome));
  for (const char* verdict : {"pass", "fail", "error"}) {
    outcome = stalled(matrix, all_tasks(matrix)[0]);
    outcome.verdict = verdict;
    CHECK_FALSE(spoilt_by_stall(outcome));
  }
}

TEST_CASE("a resumed suite replays and repeats what it still owes") {
  const Matrix matrix = matrix_of(1, 1, 3);
  const auto tasks = all_tasks(matrix);
  SuiteLog log;
  log.outcomes = {outcome_of_task(matrix, tasks[0], "fail"), stalled(matrix, tasks[1])};
  log.outcomes[0].violations = {lost_write()};
  log.outcomes.push_back(log.outcomes[0]);
  log.outcomes.back().replay = 2;
  Schedule schedule(matrix, log);
  std::vector<std::pair<int, int>> orders;  // replay and attempt
  while (const auto order = schedule.next(true)) {
    orders.emplace_back(order->replay, order->attempt);
    pass(schedule, matrix, *order);
  }
  CHECK(orders == std::vector<std::pair<int, int>>{{1, 1}, {3, 1}, {0, 1}, {0, 2}});
}

TEST_CASE("the longest that the machine held a run up is read from its store, of earlier releases too") {
  const auto results = nlohmann::json::parse(
      R"({"verdict": "pass", "exit_code": 0, "explanation": "", "reproduce": "", "checks": []})");
  const auto stall_ms = [&](const char* run) {
    RunOutcome outcome;
    read_results(results, nlohmann::json::parse(run), outcome);
    return outcome.stall_ms;
  };
  CHECK(stall_ms(R"({"counters": {"host_stall_max": 5000000, "server_starved_max": 0}})") == 5);
  CHECK(stall_ms(R"({"counters": {"host_stall_max": 5000000, "server_starved_max": 9000000}})") == 9);
  CHECK(stall_ms(R"({"counters": {"host_stall_max": 5000000},
                     "run": {"environment": {"server_starved_ms": "8"}}})") == 8);
}
