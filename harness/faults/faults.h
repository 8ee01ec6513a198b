// The table of faults.
#pragma once

#include <span>
#include <string_view>

#include "harness/core/plan.h"
#include "harness/faults/common/fault.h"

namespace harness {

std::span<const Fault> faults();
const Fault* find_fault(std::string_view name);

/// Null when it is a step of another kind.
const Fault* fault_of(const StepPlan& step);
/// What all faults of the plan need together.
Gear gear_of(const Plan& plan);

}  // namespace harness
