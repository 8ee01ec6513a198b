#include "harness/faults/clock/clock_skew.h"

#include <fmt/format.h>

#include <cmath>

namespace harness {

std::unique_ptr<ActiveFault> inject_clock_skew(FaultContext& context, const FaultRequest& request,
                                               FaultRecord& record) {
  const double rate = request.with.number("rate") / 100;
  // How long it will last is not known here: an hour's worth is the most.
  return shift_clocks(
      context, request, record,
      [rate](std::chrono::nanoseconds since) {
        return std::chrono::nanoseconds(std::llround(static_cast<double>(since.count()) * rate));
      },
      rate * 3.6e6, fmt::format("gains {} ms a second", rate * 1e3));
}

}  // namespace harness
