#include "harness/compare/plan_times.h"

#include <algorithm>
#include <optional>

namespace harness {
namespace {

/// From its first round to the end of its last.
Nanos length_of(const StepPlan& step) {
  const Nanos round = step.hold.value_or(0) + step.stay;
  if (step.repeat_for > 0) return step.repeat_for;
  return round + (step.repeat - 1) * (round + step.after_least);
}

class Times {
 public:
  explicit Times(const Plan& plan) : steps_(plan.steps), times_(plan.steps.size()) {
    // Steps may follow later ones; a circle, which no plan has, would stay at the start.
    for (std::size_t round = 0; round < steps_.size(); ++round)
      for (std::size_t i = 0; i < steps_.size(); ++i) place(i);
  }

  std::vector<StepTime> result() const { return times_; }
  /// The step that it follows; none: the start.
  std::optional<std::size_t> followed_by(std::size_t step) const {
    const StepAnchor& since = steps_[step].since;
    if (since.kind == StepAnchor::Kind::kStart) return {};
    if (since.kind == StepAnchor::Kind::kPrevious) return step == 0 ? std::nullopt : std::optional(step - 1);
    const auto found = std::ranges::find(steps_, since.step, &StepPlan::id);
    if (found == steps_.end()) return {};
    return static_cast<std::size_t>(found - steps_.begin());
  }

 private:
  void place(std::size_t step) {
    const auto before = followed_by(step);
    Nanos from = 0;
    if (before)
      from =
          steps_[step].since.kind == StepAnchor::Kind::kTaken ? times_[*before].begin : times_[*before].end;
    times_[step].begin = from + steps_[step].after;
    times_[step].end = times_[step].begin + length_of(steps_[step]);
  }

  const std::vector<StepPlan>& steps_;
  std::vector<StepTime> times_;
};

/// In which something is under way: the steps, and the time until those that follow them.
std::vector<StepTime> busy_times(const Plan& plan) {
  const Times times(plan);
  std::vector<StepTime> busy = times.result();
  for (std::size_t i = 0; i < plan.steps.size(); ++i)
    if (const auto before = times.followed_by(i)) {
      StepTime& step = busy[i];
      step.begin = std::min(step.begin, times.result()[*before].begin);
    }
  std::ranges::sort(busy, {}, &StepTime::begin);
  return busy;
}

struct Cut {
  Nanos at = 0;  // what begins then or later comes so much sooner
  Nanos by = 0;
};

std::vector<Cut> cuts_of(const Plan& plan, Nanos most) {
  std::vector<Cut> cuts;
  Nanos end = 0;
  for (const StepTime& busy : busy_times(plan)) {
    if (busy.begin - end > most) cuts.push_back({busy.begin, busy.begin - end - most});
    end = std::max(end, busy.end);
  }
  return cuts;
}

Nanos sooner_by(const std::vector<Cut>& cuts, Nanos time) {
  Nanos sum = 0;
  for (const Cut& cut : cuts)
    if (cut.at <= time) sum += cut.by;
  return sum;
}

}  // namespace

std::vector<StepTime> planned_times(const Plan& plan) {
  return Times(plan).result();
}

Nanos planned_end(const Plan& plan) {
  Nanos end = 0;
  for (const StepTime& step : planned_times(plan)) end = std::max(end, step.end);
  return end;
}

Nanos planned_length(const Plan& plan) {
  return std::max(plan.limits.time_limit, planned_end(plan) + plan.limits.tail);
}

Plan without_idle_time(const Plan& plan, Nanos most) {
  const std::vector<Cut> cuts = cuts_of(plan, most);
  Plan out = plan;
  for (StepPlan& step : out.steps) {
    if (step.since.kind != StepAnchor::Kind::kStart) continue;
    const Nanos after = step.after - sooner_by(cuts, step.after);
    if (step.repeat == 1 && step.repeat_for == 0) step.after_least = step.after_most = after;
    step.after = after;
  }
  return out;
}

}  // namespace harness
