#include "harness/suite/one_run.h"

#include <sys/resource.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "harness/core/check.h"
#include "harness/core/exit_code.h"
#include "harness/core/json_reason.h"
#include "harness/run/store.h"
#include "harness/suite/child_result.h"

namespace harness {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

/// Null when it is not there, or is none.
Json json_of(const fs::path& file) {
  if (!fs::is_regular_file(file)) return nullptr;
  Json json = Json::parse(read_file(file), nullptr, false);
  return json.is_discarded() ? Json(nullptr) : json;
}

RunOutcome outcome_before(const Matrix& matrix, const Order& order) {
  const Cell& cell = matrix.cells.at(order.task.cell);
  RunOutcome outcome;
  outcome.task = order.task.number;
  outcome.replay = order.replay;
  outcome.attempt = order.attempt;
  outcome.scenario = cell.scenario;
  outcome.server = cell.server;
  outcome.build = cell.build;
  outcome.seed = order.task.seed;
  outcome.verdict = "error";
  outcome.exit_code = kExitEnvironment;
  return outcome;
}

}  // namespace

double cpu_of_ended_children() {
  rusage usage{};
  ::getrusage(RUSAGE_CHILDREN, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::vector<std::string> arguments_of(const Matrix& matrix, const Order& order, const RunSettings& settings) {
  const Cell& cell = matrix.cells.at(order.task.cell);
  std::vector<std::string> words{"run"};
  const auto add = [&](const std::string& option, const std::string& value) {
    words.push_back(option);
    words.push_back(value);
  };
  if (order.replay > 0) {
    add("--plan", (settings.files.directory / order.plan_of / "plan.json").string());
  } else {
    words.push_back(cell.scenario);
    add("--seed", std::to_string(order.task.seed));
    if (cell.time_limit_s) add("--time-limit", Json(*cell.time_limit_s).dump());
    for (const std::string& list : matrix.known) add("--known", list);
  }
  if (!cell.server.empty()) add("--server", cell.server);
  add("--store",
      (settings.files.directory / settings.files.runs_of(order.task.number, order.replay)).string());
  if (settings.sandbox != "auto") add("--sandbox", settings.sandbox);
  if (settings.quick_build) words.emplace_back("--quick-build");
  words.emplace_back("--json");
  words.emplace_back("--no-progress");
  return words;
}

RunOutcome outcome_of(const Matrix& matrix, const Order& order, const RunSettings& settings,
                      const std::string& said, const ExitStatus& status) {
  RunOutcome outcome = outcome_before(matrix, order);
  const Json results = object_in(said);
  try {
    if (results.is_object()) {
      const std::string store = settings.files.runs_of(order.task.number, order.replay) + "/" +
                                results.at("run").get<std::string>();
      const Json run = json_of(settings.files.directory / store / "run.json");
      read_results(results, run, outcome);
      // A run that could not start left none.
      if (outcome.verdict != "error" || fs::exists(settings.files.directory / store)) outcome.store = store;
      return outcome;
    }
  } catch (const Json::exception& error) {
    outcome = outcome_before(matrix, order);
    outcome.explanation = std::string("what the run printed cannot be understood: ") + json_reason(error);
    return outcome;
  }
  outcome.explanation = "the run gave no result: it " + status.describe();
  if (const std::string text = first_lines(said); !text.empty()) outcome.explanation += ": " + text;
  return outcome;
}

OneRun::OneRun(const Matrix& matrix, const Order& order, const RunSettings& settings)
    : matrix_(matrix), order_(order), settings_(settings) {
  std::error_code error;
  fs::remove_all(folder(), error);
  if (!error) fs::create_directories(folder(), error);
  if (error) throw EnvironmentError("cannot make " + folder().string() + ": " + error.message());
  ChildOptions child;
  child.argv = arguments_of(matrix, order, settings);
  child.argv.insert(child.argv.begin(), "/proc/self/exe");
  child.output = said();
  child_ = std::make_unique<Child>(child);
}

fs::path OneRun::folder() const {
  return settings_.files.directory / settings_.files.runs_of(order_.task.number, order_.replay);
}

bool OneRun::ended(std::chrono::milliseconds patience, RunOutcome& outcome) {
  const double before = cpu_of_ended_children();
  auto status = child_->wait_for(patience);
  if (!status && seconds() > matrix_.run_limit_s) {
    too_long_ = true;
    status = child_->stop(std::chrono::seconds(10));
  }
  if (!status) return false;
  cpu_seconds_ = cpu_of_ended_children() - before;
  outcome = outcome_of(matrix_, order_, settings_, read_file(said()), *status);
  if (too_long_) {
    outcome = outcome_before(matrix_, order_);
    outcome.explanation = "the run did not end within " + Json(matrix_.run_limit_s).dump() + " s (run-limit)";
  }
  outcome.seconds = seconds();
  outcome.beside = beside_;
  if (outcome.reproduce.empty())
    outcome.reproduce = "./harness run " + outcome.scenario + " --seed " + std::to_string(outcome.seed) +
                        (outcome.server.empty() ? "" : " --server " + outcome.server);
  return true;
}

void OneRun::ask_to_end() {
  child_->signal(SIGINT);
}

void OneRun::drop(std::chrono::milliseconds grace) {
  child_->stop(grace);
  std::error_code ignored;  // what stays is taken away when the run is done again
  fs::remove_all(folder(), ignored);
}

}  // namespace harness
