#include "harness/faults/process/kill.h"

#include <csignal>

#include "harness/faults/common/target.h"

namespace harness {

std::unique_ptr<ActiveFault> inject_kill(FaultContext& context, const FaultRequest& request,
                                         FaultRecord& record) {
  Node* node = aim_at_one(context, request.target, record);
  if (!node) return nullptr;
  record.description = "kill " + record.description;
  record.requested = context.clock.now();
  if (!node->running()) {  // an end of its own, or of an earlier fault, is not this fault's
    record.error = node->name() + " does not run";
    return nullptr;
  }
  node->expect_end();
  if (!node->signal(SIGKILL)) {
    node->expect_no_end();
    record.error = node->name() + " ended by itself";
    return nullptr;
  }
  declare_down(record);
  verify_death(*node, SIGKILL, context, record);
  return nullptr;
}

}  // namespace harness
