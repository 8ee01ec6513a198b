// Where the steps of a plan stand. Each step in progress has a thread of its own, and waits here: for the
// instant that it follows, for its time, for somebody who wants it healed, and for the end of the run.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <vector>

#include "harness/conditions/cluster_now.h"
#include "harness/core/clock.h"
#include "harness/core/plan.h"

namespace harness {

/// Thread-safe. A step begins (it acts), takes hold and ends, in this order; one that is left out ends alone.
/// A fault that nothing but the end of the load heals lets the next step begin when it has taken hold.
class StepBoard {
 public:
  StepBoard(const std::vector<StepPlan>& steps, const RunClock& clock, Mark start);

  void begin(std::size_t step, Mark mark);
  void take_hold(std::size_t step, std::vector<int> nodes);
  void end(std::size_t step);

  /// Wants a fault healed before its time; false when it is not in force.
  bool ask_to_heal(std::size_t step);
  /// Everything in force is healed from now on, and what still begins does not stay.
  void close();
  /// The run ends early: nothing begins any more.
  void stop();
  bool stopping() const;
  bool closing() const;
  bool healing_asked(std::size_t step) const;  // or closing, or stopping
  bool ended(std::size_t step) const;

  /// When the instant came that the step follows; nothing while it has not.
  std::optional<Nanos> anchor(std::size_t step) const;
  /// Steps whose instant has come and that were not handed out before.
  std::vector<std::size_t> take_ready();
  /// Whether nothing is left to wait for but faults that stay, and steps that follow their end.
  bool quiet() const;

  /// Waits until the predicate holds (asked when the board changes), the time comes, or the run is stopped.
  template <typename Predicate>
  void wait_until(Nanos time, Predicate predicate) {
    std::unique_lock lock(mutex_);
    const auto woken = [&] { return stopping_ || predicate(); };
    if (time == kNever)
      changed_.wait(lock, woken);
    else
      changed_.wait_until(lock, clock_.epoch() + std::chrono::nanoseconds(time), woken);
  }
  /// False when it was stopped meanwhile.
  bool sleep_until(Nanos time);
  /// Until healing is asked for, or that time.
  void wait_for_healing(std::size_t step, Nanos time);
  /// Until something changes that the dispatcher of steps must see.
  void wait_for_work();
  void wait_for_end_of(std::size_t step);

  /// Where log conditions of the step count from: the beginning of the step before it.
  Mark mark_before(std::size_t step) const;
  Mark mark_of(std::size_t step) const;
  /// The nodes that the last fault before this step acted on.
  std::vector<int> nodes_before(std::size_t step) const;
  std::optional<std::size_t> find(const std::string& id) const;

 private:
  struct Stand {
    Nanos taken = kNever;
    Nanos ended = kNever;
    bool handed_out = false;
    bool healing_asked = false;
    std::optional<Mark> mark;
    std::optional<std::vector<int>> nodes;  // of a fault
  };
  bool stays(std::size_t step) const;
  bool passed(std::size_t step) const;  // for those that follow it as "previous"
  std::optional<Nanos> anchor_locked(std::size_t step) const;
  bool ready_locked(std::size_t step) const { return !stands_[step].handed_out && anchor_locked(step); }
  bool work_locked() const;
  bool quiet_locked() const;

  const std::vector<StepPlan>& steps_;
  const RunClock& clock_;
  const Nanos started_;
  const Mark start_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Stand> stands_;
  bool closing_ = false;
  bool stopping_ = false;
};

}  // namespace harness
