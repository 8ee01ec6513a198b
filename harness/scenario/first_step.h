// Which step acts on the cluster as it was created.
#pragma once

#include "harness/core/plan.h"

namespace harness {

/// Whether no other fault, and no command, can have begun before the step does: each waits for it, be it by
/// others. REQUIRES: the step is the plan's.
bool acts_on_what_was_created(const Plan& plan, const StepPlan& step);

/// The step that this one waits for; null for the first, one that counts from the start of the load, and one
/// whose `since` names no step.
const StepPlan* awaited_by(const Plan& plan, const StepPlan& step);

}  // namespace harness
