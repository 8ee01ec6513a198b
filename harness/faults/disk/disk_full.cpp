#include "harness/faults/disk/disk_full.h"

#include <cerrno>

namespace harness {

std::unique_ptr<ActiveFault> inject_disk_full(FaultContext& context, const FaultRequest& request,
                                              FaultRecord& record) {
  DiskRule rule;
  rule.on_write = true;
  rule.error = ENOSPC;
  return impede_disk(context, request, record, rule, "no space left");
}

}  // namespace harness
