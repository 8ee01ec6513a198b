// One run of a suite: a child process of this executable (`run SCENARIO --seed N …`), which dies with the
// suite, and what it left.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "harness/sandbox/child.h"
#include "harness/suite/schedule.h"

namespace harness {

struct RunSettings {
  SuiteFiles files;
  std::string sandbox = "auto";
  bool quick_build = false;
};

/// The command line of the run, from the verb on.
std::vector<std::string> arguments_of(const Matrix& matrix, const Order& order, const RunSettings& settings);

/// From what the run printed, and how it ended, to its outcome. `said` is its stdout and stderr in one;
/// `folder` has the run's store, if it made one.
RunOutcome outcome_of(const Matrix& matrix, const Order& order, const RunSettings& settings,
                      const std::string& said, const ExitStatus& status);

/// Seconds of processor of all children that were waited for, and of theirs.
double cpu_of_ended_children();

class OneRun {
 public:
  using Clock = std::chrono::steady_clock;

  /// Takes away whatever an earlier try left, and starts. Throws EnvironmentError.
  OneRun(const Matrix& matrix, const Order& order, const RunSettings& settings);

  /// Waits so long for its end. True: it ended, and `outcome` holds what came of it.
  bool ended(std::chrono::milliseconds patience, RunOutcome& outcome);
  /// Asks for an early end, and takes away what it left.
  void ask_to_end();
  void drop(std::chrono::milliseconds grace);

  /// Another one goes on at the same time.
  void note_others() { beside_ = true; }

  const Order& order() const { return order_; }
  pid_t pid() const { return child_->pid(); }
  double seconds() const { return std::chrono::duration<double>(Clock::now() - began_).count(); }
  /// Of processor, by it and all that it started; once it has ended.
  double cpu_seconds() const { return cpu_seconds_; }

 private:
  std::filesystem::path folder() const;
  std::filesystem::path said() const { return folder() / "output.txt"; }

  const Matrix& matrix_;
  Order order_;
  RunSettings settings_;
  Clock::time_point began_ = Clock::now();
  double cpu_seconds_ = 0;
  bool too_long_ = false;
  bool beside_ = false;
  std::unique_ptr<Child> child_;
};

}  // namespace harness
