#include "harness/suite/plan_runs.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <vector>

#include "harness/core/check.h"
#include "harness/core/json_reason.h"
#include "harness/run/interrupt.h"
#include "harness/run/store.h"
#include "harness/suite/child_result.h"
#include "harness/suite/one_run.h"

namespace harness {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr auto kGrace = 10s;  // of a run that is to end early
constexpr const char* kSaid = "output.txt";

std::vector<std::string> arguments_of(const PlanRunsSettings& settings, const fs::path& folder) {
  std::vector<std::string> words{"/proc/self/exe", "run", "--plan", settings.plan, "--store", folder};
  if (settings.sandbox != "auto") {
    words.emplace_back("--sandbox");
    words.push_back(settings.sandbox);
  }
  if (settings.quick_build) words.emplace_back("--quick-build");
  words.emplace_back("--json");
  words.emplace_back("--no-progress");
  return words;
}

}  // namespace

RunOutcome outcome_of_plan(const fs::path& folder, const std::string& said, const ExitStatus& status) {
  RunOutcome outcome;
  const nlohmann::json results = object_in(said);
  try {
    if (results.is_object()) {
      const fs::path store = folder / results.at("run").get<std::string>();
      read_results(results, nullptr, outcome);
      if (fs::exists(store)) outcome.store = store;
      return outcome;
    }
  } catch (const nlohmann::json::exception& error) {
    outcome = RunOutcome();
    outcome.explanation = std::string("what the run printed cannot be understood: ") + json_reason(error);
    return outcome;
  }
  outcome.explanation = "the run gave no result: it " + status.describe();
  if (const std::string text = first_lines(said); !text.empty()) outcome.explanation += ": " + text;
  return outcome;
}

void PlanRuns::start() {
  Running one;
  one.folder = settings_.folder / std::to_string(++started_);
  std::error_code error;
  fs::remove_all(one.folder, error);
  if (!error) fs::create_directories(one.folder, error);
  if (error) throw EnvironmentError("cannot make " + one.folder.string() + ": " + error.message());
  ChildOptions child;
  child.argv = arguments_of(settings_, one.folder);
  child.output = one.folder / kSaid;
  one.child = std::make_unique<Child>(child);
  one.began = std::chrono::steady_clock::now();
  running_.push_back(std::move(one));
}

int PlanRuns::side_by_side() {
  std::vector<pid_t> pids;
  for (const Running& one : running_) pids.push_back(one.child->pid());
  return carried_.measure(pids);
}

/// Waits a moment for the first one, and looks at all others. True: some have ended.
bool PlanRuns::reap(const std::function<void(const RunOutcome&)>& ended) {
  auto patience = 200ms;
  bool some = false;
  for (auto one = running_.begin(); one != running_.end();) {
    const double cpu_before = cpu_of_ended_children();
    const auto status = one->child->wait_for(patience);
    patience = 0ms;
    if (!status) {
      ++one;
      continue;
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - one->began;
    carried_.add_run(cpu_of_ended_children() - cpu_before, took.count());
    RunOutcome outcome = outcome_of_plan(one->folder, read_file(one->folder / kSaid), *status);
    outcome.seconds = took.count();
    running_.erase(one++);
    ended(outcome);
    some = true;
  }
  return some;
}

void PlanRuns::drop_all() {
  for (Running& one : running_) one.child->signal(SIGINT);
  for (Running& one : running_) {
    one.child->stop(kGrace);
    std::error_code ignored;  // what stays is taken away with the folder
    fs::remove_all(one.folder, ignored);
  }
  running_.clear();
}

bool PlanRuns::run(const std::function<int()>& wanted, const std::function<void(const RunOutcome&)>& ended) {
  auto measured = std::chrono::steady_clock::now();
  int carried = side_by_side();
  for (int now = wanted(); now > 0 && interrupted_by() == 0;) {
    if (std::chrono::steady_clock::now() - measured > 2s) {
      measured = std::chrono::steady_clock::now();
      carried = side_by_side();
    }
    while (static_cast<int>(running_.size()) < std::min(now, std::max(1, carried))) start();
    if (reap(ended)) now = wanted();
  }
  drop_all();
  return interrupted_by() == 0;
}

}  // namespace harness
