#include "harness/faults/disk/disk_error.h"

#include <cerrno>

namespace harness {

std::unique_ptr<ActiveFault> inject_disk_error(FaultContext& context, const FaultRequest& request,
                                               FaultRecord& record) {
  const std::string on = request.with.text("on");
  DiskRule rule;
  rule.on_write = on == kDiskCallWords[1];
  rule.on_sync = !rule.on_write;
  rule.error = EIO;
  return impede_disk(context, request, record, rule, on + " fails with EIO");
}

}  // namespace harness
