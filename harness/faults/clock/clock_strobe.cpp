#include "harness/faults/clock/clock_strobe.h"

#include <fmt/format.h>

namespace harness {

std::unique_ptr<ActiveFault> inject_clock_strobe(FaultContext& context, const FaultRequest& request,
                                                 FaultRecord& record) {
  const std::chrono::duration<double> step(request.with.number("step"));
  const auto ahead = std::chrono::duration_cast<std::chrono::nanoseconds>(step);
  const auto period = request.with.integer("period");
  const std::chrono::nanoseconds half = std::chrono::milliseconds(period) / 2;
  return shift_clocks(
      context, request, record,
      [ahead, half](std::chrono::nanoseconds since) {
        return (since / half) % 2 == 0 ? ahead : std::chrono::nanoseconds(0);
      },
      step.count() * 1e3, fmt::format("jumps by {} s and back every {} ms", step.count(), period));
}

}  // namespace harness
