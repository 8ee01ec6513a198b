#include "harness/faults/disk/disk_slow.h"

#include <fmt/format.h>

#include <cmath>

namespace harness {

std::unique_ptr<ActiveFault> inject_disk_slow(FaultContext& context, const FaultRequest& request,
                                              FaultRecord& record) {
  const std::string on = request.with.text("on");
  const double delay = request.with.number("delay");
  DiskRule rule;
  rule.on_write = on == kSlowCallWords[1];
  rule.on_sync = !rule.on_write;
  rule.delay = std::chrono::microseconds(std::llround(delay * 1e3));
  return impede_disk(context, request, record, rule, fmt::format("{} takes {} ms", on, delay));
}

}  // namespace harness
