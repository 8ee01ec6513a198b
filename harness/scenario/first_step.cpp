#include "harness/scenario/first_step.h"

#include <algorithm>

namespace harness {
namespace {

bool changes_something(const StepPlan& step) {
  return step.kind == StepPlan::Kind::kFault || step.kind == StepPlan::Kind::kCommand;
}

bool waits_for(const Plan& plan, const StepPlan& step, const StepPlan& other) {
  std::size_t behind = 0;  // a circle is told elsewhere
  for (const StepPlan* before = awaited_by(plan, step); before && behind <= plan.steps.size();
       before = awaited_by(plan, *before), ++behind)
    if (before == &other) return true;
  return false;
}

}  // namespace

bool acts_on_what_was_created(const Plan& plan, const StepPlan& step) {
  return std::ranges::all_of(plan.steps, [&](const StepPlan& other) {
    return &other == &step || !changes_something(other) || waits_for(plan, other, step);
  });
}

const StepPlan* awaited_by(const Plan& plan, const StepPlan& step) {
  if (step.since.kind == StepAnchor::Kind::kStart) return nullptr;
  if (step.since.kind == StepAnchor::Kind::kPrevious) return &step == plan.steps.data() ? nullptr : &step - 1;
  const auto found = std::ranges::find(plan.steps, step.since.step, &StepPlan::id);
  return found == plan.steps.end() ? nullptr : &*found;
}

}  // namespace harness
