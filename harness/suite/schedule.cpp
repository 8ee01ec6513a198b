#include "harness/suite/schedule.h"

#include <algorithm>

#include "harness/core/check.h"

namespace harness {

Schedule::Schedule(const Matrix& matrix, const SuiteLog& log) : matrix_(matrix) {
  for (const Skipped& skipped : log.skipped)
    for (std::size_t c = 0; c < matrix.cells.size(); ++c)
      if (matrix.cells[c].scenario == skipped.scenario && matrix.cells[c].build == skipped.build)
        skipped_.insert(c);
  for (const RunOutcome& outcome : log.outcomes) note(outcome);
  refill();
}

void Schedule::note(const RunOutcome& outcome) {
  if (outcome.replayed()) {
    std::erase_if(replays_, [&](const Order& order) {
      return order.task.number == outcome.task && order.replay == outcome.replay;
    });
    return;
  }
  done_.insert(outcome.task);
  std::erase_if(again_, [&](const Order& order) { return order.task.number == outcome.task; });
  Order order;
  for (std::size_t c = 0; c < matrix_.cells.size(); ++c)
    if (matrix_.cells[c].scenario == outcome.scenario && matrix_.cells[c].server == outcome.server)
      order.task.cell = c;
  order.task.number = outcome.task;
  order.task.seed = outcome.seed;
  if (outcome.attempt > 1 && outcome.verdict == "unknown") weak_.insert(order.task.cell);
  if (outcome.attempt == 1 && disturbed(outcome) && !weak_.contains(order.task.cell)) {
    order.attempt = 2;
    again_.push_back(order);
    return;
  }
  bool fresh = false;
  for (const Violation& violation : outcome.violations)
    fresh |= violation.known.empty() && seen_.insert(key_of(outcome, violation)).second;
  order.plan_of = outcome.store;
  for (int k = 1; fresh && !outcome.store.empty() && k <= kReplaysOfNew; ++k) {
    order.replay = k;
    replays_.push_back(order);
  }
}

/// Draws rounds until there is something to do, or all is done.
void Schedule::refill() {
  const auto rounds = static_cast<std::size_t>(matrix_.rounds);
  while (fresh_.empty() && (rounds == 0 || round_ < rounds)) {
    bool possible = false;
    for (const SuiteTask& task : tasks_of_round(matrix_, round_)) {
      if (skipped_.contains(task.cell)) continue;
      possible = true;
      if (matrix_.is_mine(task.number) && !done_.contains(task.number)) fresh_.push_back(task);
    }
    ++round_;
    if (!possible) return;  // every scenario is skipped: no further round has more
  }
  // A finite suite is drawn whole, so that what is left can be told.
  while (rounds > 0 && round_ < rounds)
    for (const SuiteTask& task : tasks_of_round(matrix_, round_++))
      if (matrix_.is_mine(task.number) && !done_.contains(task.number) && !skipped_.contains(task.cell))
        fresh_.push_back(task);
}

bool Schedule::anything_left(bool fresh) const {
  return running_ > 0 || !replays_.empty() || !again_.empty() || (fresh && !fresh_.empty());
}

std::optional<Order> Schedule::next(bool fresh) {
  if (alone_) return std::nullopt;
  Order order;
  if (!replays_.empty()) {
    order = replays_.front();
    replays_.pop_front();
  } else if (!again_.empty() && (again_.size() >= kManyToRepeat || !fresh || fresh_.empty())) {
    if (running_ > 0) return std::nullopt;
    order = again_.front();
    again_.pop_front();
    alone_ = true;
  } else if (fresh && !fresh_.empty()) {
    order.task = fresh_.front();
    fresh_.pop_front();
    if (fresh_.empty()) refill();
  } else {
    return std::nullopt;
  }
  ++running_;
  return order;
}

void Schedule::ended(const RunOutcome& outcome) {
  dropped();
  note(outcome);
}

void Schedule::dropped() {
  CHECK_THAT_HOLDS(running_ > 0, "what ends was running");
  if (--running_ == 0) alone_ = false;
}

}  // namespace harness
