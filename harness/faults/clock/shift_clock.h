// What the clock faults share: the wall clock of nodes is shifted, as a function of time, until it is healed.
#pragma once

#include <functional>

#include "harness/faults/common/fault.h"

namespace harness {

/// How far ahead of the true time the clock is, so long after the beginning.
using ClockCurve = std::function<std::chrono::nanoseconds(std::chrono::nanoseconds since)>;

/// Shifts the clocks of the nodes that the target names, verified by their answers to TIME. `most`: the
/// greatest shift there will be; `what`: "by 60000 ms". Healed: they show the true time again.
std::unique_ptr<ActiveFault> shift_clocks(FaultContext& context, const FaultRequest& request,
                                          FaultRecord& record, ClockCurve curve, double most_ms,
                                          const std::string& what);

}  // namespace harness
