#include "harness/run/step_board.h"

#include <algorithm>

#include "harness/faults/faults.h"

namespace harness {

StepBoard::StepBoard(const std::vector<StepPlan>& steps, const RunClock& clock, Mark start)
    : steps_(steps), clock_(clock), started_(clock.now()), start_(std::move(start)), stands_(steps.size()) {}

void StepBoard::begin(std::size_t step, Mark mark) {
  const std::lock_guard lock(mutex_);
  if (!stands_[step].mark) stands_[step].mark = std::move(mark);
}

void StepBoard::take_hold(std::size_t step, std::vector<int> nodes) {
  {
    const std::lock_guard lock(mutex_);
    Stand& stand = stands_[step];
    if (stand.taken == kNever) stand.taken = clock_.now();
    if (steps_[step].kind == StepPlan::Kind::kFault) stand.nodes = std::move(nodes);
  }
  changed_.notify_all();
}

void StepBoard::end(std::size_t step) {
  {
    const std::lock_guard lock(mutex_);
    Stand& stand = stands_[step];
    stand.ended = clock_.now();
    if (stand.taken == kNever) stand.taken = stand.ended;
  }
  changed_.notify_all();
}

bool StepBoard::ask_to_heal(std::size_t step) {
  {
    const std::lock_guard lock(mutex_);
    if (stands_[step].taken == kNever || stands_[step].ended != kNever) return false;
    stands_[step].healing_asked = true;
  }
  changed_.notify_all();
  return true;
}

void StepBoard::close() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_all();
}

void StepBoard::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
}

bool StepBoard::stopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

bool StepBoard::closing() const {
  const std::lock_guard lock(mutex_);
  return closing_;
}

bool StepBoard::healing_asked(std::size_t step) const {
  const std::lock_guard lock(mutex_);
  return stopping_ || closing_ || stands_[step].healing_asked;
}

bool StepBoard::ended(std::size_t step) const {
  const std::lock_guard lock(mutex_);
  return stands_[step].ended != kNever;
}

std::optional<Nanos> StepBoard::anchor(std::size_t step) const {
  const std::lock_guard lock(mutex_);
  return anchor_locked(step);
}

std::vector<std::size_t> StepBoard::take_ready() {
  const std::lock_guard lock(mutex_);
  std::vector<std::size_t> ready;
  for (std::size_t step = 0; step < stands_.size(); ++step) {
    if (!ready_locked(step)) continue;
    stands_[step].handed_out = true;
    ready.push_back(step);
  }
  return ready;
}

bool StepBoard::quiet() const {
  const std::lock_guard lock(mutex_);
  return quiet_locked();
}

bool StepBoard::sleep_until(Nanos time) {
  wait_until(time, [] { return false; });
  return !stopping();
}

void StepBoard::wait_for_healing(std::size_t step, Nanos time) {
  wait_until(time, [&] { return closing_ || stands_[step].healing_asked; });
}

void StepBoard::wait_for_work() {
  wait_until(kNever, [&] { return work_locked(); });
}

void StepBoard::wait_for_end_of(std::size_t step) {
  wait_until(kNever, [&] { return stands_[step].ended != kNever; });
}

Mark StepBoard::mark_before(std::size_t step) const {
  const std::lock_guard lock(mutex_);
  return step > 0 && stands_[step - 1].mark ? *stands_[step - 1].mark : start_;
}

Mark StepBoard::mark_of(std::size_t step) const {
  const std::lock_guard lock(mutex_);
  return stands_[step].mark.value_or(start_);
}

std::vector<int> StepBoard::nodes_before(std::size_t step) const {
  const std::lock_guard lock(mutex_);
  for (std::size_t before = step; before-- > 0;)
    if (stands_[before].nodes) return *stands_[before].nodes;
  return {};
}

std::optional<std::size_t> StepBoard::find(const std::string& id) const {
  const auto found = std::ranges::find(steps_, id, &StepPlan::id);
  return found == steps_.end() ? std::nullopt
                               : std::optional(static_cast<std::size_t>(found - steps_.begin()));
}

bool StepBoard::stays(std::size_t step) const {
  const Fault* fault = fault_of(steps_[step]);
  return fault && fault->heals && !steps_[step].hold && !steps_[step].until;
}

bool StepBoard::passed(std::size_t step) const {
  return stands_[step].ended != kNever || (stays(step) && stands_[step].taken != kNever);
}

std::optional<Nanos> StepBoard::anchor_locked(std::size_t step) const {
  const auto reached = [](Nanos time) { return time == kNever ? std::nullopt : std::optional(time); };
  const StepAnchor& since = steps_[step].since;
  switch (since.kind) {
    case StepAnchor::Kind::kStart:
      return started_;
    case StepAnchor::Kind::kPrevious: {
      if (step == 0) return started_;
      if (!passed(step - 1)) return std::nullopt;
      return stays(step - 1) ? stands_[step - 1].taken : stands_[step - 1].ended;
    }
    case StepAnchor::Kind::kTaken:
    case StepAnchor::Kind::kEnded: {
      const auto other = find(since.step);
      if (!other) return std::nullopt;
      return reached(since.kind == StepAnchor::Kind::kTaken ? stands_[*other].taken : stands_[*other].ended);
    }
  }
  return std::nullopt;
}

bool StepBoard::work_locked() const {
  for (std::size_t step = 0; step < stands_.size(); ++step)
    if (ready_locked(step)) return true;
  return quiet_locked();
}

/// Nothing is under way but what stays; with closing_, that too is over.
bool StepBoard::quiet_locked() const {
  for (std::size_t step = 0; step < stands_.size(); ++step) {
    if (ready_locked(step)) return false;
    const Stand& stand = stands_[step];
    const bool over = stand.ended != kNever || (!closing_ && stays(step) && stand.taken != kNever);
    if (stand.handed_out && !over) return false;
  }
  return true;
}

}  // namespace harness
