#include "harness/faults/clock/clock_step.h"

#include <fmt/format.h>

namespace harness {

std::unique_ptr<ActiveFault> inject_clock_step(FaultContext& context, const FaultRequest& request,
                                               FaultRecord& record) {
  const std::chrono::duration<double> step(request.with.number("step"));
  const auto ahead = std::chrono::duration_cast<std::chrono::nanoseconds>(step);
  return shift_clocks(
      context, request, record, [ahead](std::chrono::nanoseconds) { return ahead; }, step.count() * 1e3,
      fmt::format("jumps by {} s", step.count()));
}

}  // namespace harness
