// Runs of one plan side by side, as many as the machine carries: each a child process of this executable
// (`run --plan FILE`), which dies with us.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <list>
#include <memory>
#include <string>

#include "harness/sandbox/child.h"
#include "harness/suite/machine.h"
#include "harness/suite/outcome.h"

namespace harness {

struct PlanRunsSettings {
  std::filesystem::path folder;  // of the runs' stores
  std::filesystem::path plan;    // plan.json
  std::string sandbox = "auto";
  bool quick_build = false;
  int jobs = 0;  // side by side; 0: as many as keep the cores busy
};

class PlanRuns {
 public:
  explicit PlanRuns(PlanRunsSettings settings) : settings_(std::move(settings)) {}
  ~PlanRuns() { drop_all(); }
  PlanRuns(const PlanRuns&) = delete;
  PlanRuns& operator=(const PlanRuns&) = delete;

  /// Carries out the plan in the file. `wanted` says how many runs are to be under way now, asked again
  /// whenever one has ended; 0: what is still under way is dropped. `ended` takes each with its store, from
  /// the root on (empty: it left none). False: a signal came first. Throws EnvironmentError for a child that
  /// cannot be started.
  bool run(const std::function<int()>& wanted, const std::function<void(const RunOutcome&)>& ended);

 private:
  struct Running {
    std::filesystem::path folder;
    std::unique_ptr<Child> child;
    std::chrono::steady_clock::time_point began;
  };
  void start();
  bool reap(const std::function<void(const RunOutcome&)>& ended);
  void drop_all();
  int side_by_side();

  const PlanRunsSettings settings_;
  SideBySide carried_{settings_.jobs};
  std::list<Running> running_;
  std::size_t started_ = 0;
};

/// From what `run --plan --json` printed, and how it ended. `folder` has its store.
RunOutcome outcome_of_plan(const std::filesystem::path& folder, const std::string& said,
                           const ExitStatus& status);

}  // namespace harness
