#include "harness/faults/disk/short_write.h"

#include <fmt/format.h>

namespace harness {

std::unique_ptr<ActiveFault> inject_short_write(FaultContext& context, const FaultRequest& request,
                                                FaultRecord& record) {
  DiskRule rule;
  rule.on_write = true;
  rule.shorten = request.with.integer("bytes");
  return impede_disk(context, request, record, rule, fmt::format("writes end after {} bytes", rule.shorten));
}

}  // namespace harness
