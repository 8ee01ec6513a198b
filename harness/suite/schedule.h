// What a suite does next. Pure: it is told what ended, and says what may begin. Made from a journal it goes
// on where that stops.
#pragma once

#include <deque>
#include <optional>
#include <set>
#include <string>

#include "harness/suite/tally.h"

namespace harness {

constexpr int kReplaysOfNew = 3;
constexpr std::size_t kManyToRepeat = 5;

/// One run that may begin now.
struct Order {
  SuiteTask task;
  int replay = 0;
  int attempt = 1;
  std::string plan_of;  // of a replay: the store whose plan is repeated
};

class Schedule {
 public:
  /// REQUIRES: the matrix outlives it.
  Schedule(const Matrix& matrix, const SuiteLog& log);

  /// Nothing: all that may begin now has begun. Replays of a new violation come first. A disturbed run is
  /// done again alone: when nothing else is left, or some have gathered; nothing else begins until it has
  /// ended. `fresh`: whether further runs of the matrix may begin at all; when the time is over only what
  /// follows from the others does.
  std::optional<Order> next(bool fresh);
  void ended(const RunOutcome& outcome);
  /// Interrupted: it counts as not begun.
  void dropped();

  std::size_t running() const { return running_; }
  bool anything_left(bool fresh) const;
  /// Runs of the matrix that have not begun, in their order.
  const std::deque<SuiteTask>& fresh() const { return fresh_; }
  std::size_t extra() const { return replays_.size() + again_.size(); }

 private:
  void note(const RunOutcome& outcome);
  void refill();

  const Matrix& matrix_;
  std::set<std::size_t> done_;     // tasks
  std::set<std::size_t> skipped_;  // cells
  std::set<std::size_t> weak_;     // cells that could not conclude alone either: not tried again
  std::set<GroupKey> seen_;        // violations that were replayed, or will be
  std::size_t round_ = 0;          // the next one to be drawn
  std::deque<SuiteTask> fresh_;
  std::deque<Order> replays_;
  std::deque<Order> again_;  // to be done alone
  std::size_t running_ = 0;
  bool alone_ = false;  // what runs now shall be alone
};

}  // namespace harness
