// Small matrices and outcomes for the tests of this room.
#pragma once

#include <string>
#include <vector>

#include "harness/suite/tally.h"

namespace harness::test {

/// Scenarios a, b, ... on builds X, Y, ...
inline Matrix matrix_of(std::size_t scenarios, std::size_t builds, int rounds) {
  Matrix matrix;
  matrix.suite = "night";
  matrix.seed = 20261129;
  matrix.rounds = rounds;
  for (std::size_t s = 0; s < scenarios; ++s)
    for (std::size_t b = 0; b < builds; ++b) {
      Cell cell;
      cell.scenario = std::string(1, static_cast<char>('a' + s));
      cell.server = cell.build = std::string(1, static_cast<char>('X' + b));
      matrix.cells.push_back(cell);
    }
  return matrix;
}

inline RunOutcome outcome_of_task(const Matrix& matrix, const SuiteTask& task, const std::string& verdict) {
  const Cell& cell = matrix.cells.at(task.cell);
  RunOutcome outcome;
  outcome.task = task.number;
  outcome.scenario = cell.scenario;
  outcome.server = cell.server;
  outcome.build = cell.build;
  outcome.seed = task.seed;
  outcome.verdict = verdict;
  outcome.exit_code = verdict == "pass" ? 0 : verdict == "fail" ? 1 : verdict == "unknown" ? 4 : 3;
  outcome.seconds = 10;
  outcome.ended_unix_ms = 1000 * static_cast<std::int64_t>(task.number + 1);
  outcome.store = "runs/" + std::to_string(task.number + 1) + "/x";
  outcome.reproduce = "./harness run " + cell.scenario + " --seed " + std::to_string(task.seed);
  return outcome;
}

inline Violation lost_write() {
  return {"register", "lost-write", "row 7", "An acknowledged write of <r7> was lost", "", 1};
}

inline std::vector<SuiteTask> all_tasks(const Matrix& matrix) {
  std::vector<SuiteTask> tasks;
  for (std::size_t round = 0; round < static_cast<std::size_t>(matrix.rounds); ++round)
    for (const SuiteTask& task : tasks_of_round(matrix, round)) tasks.push_back(task);
  return tasks;
}

/// Every run of the matrix ended so; those of `fails` lost a write.
inline SuiteLog log_of(const Matrix& matrix, const std::vector<std::size_t>& fails = {}) {
  SuiteLog log;
  log.finished = true;
  for (const SuiteTask& task : all_tasks(matrix)) {
    if (!matrix.is_mine(task.number)) continue;
    const bool failed = std::find(fails.begin(), fails.end(), task.number) != fails.end();
    log.outcomes.push_back(outcome_of_task(matrix, task, failed ? "fail" : "pass"));
    if (failed) log.outcomes.back().violations = {lost_write()};
    log.outcomes.back().checks = {
        {"register", failed ? "false" : "true"}, {"logs", "true"}, {"reload", "not-applicable"}};
  }
  return log;
}

}  // namespace harness::test
