#include "harness/faults/kill.h"

#include <csignal>

#include "harness/faults/target.h"

namespace harness {

std::unique_ptr<ActiveFault> inject_kill(FaultContext& context, std::string_view target,
                                         FaultRecord& record) {
  Node* node = aim_at_one(context, target, record);
  if (!node) return nullptr;
  record.description = "kill " + record.description;
  node->expect_end();
  record.requested = context.clock.now();
  node->signal(SIGKILL);
  verify_death(*node, SIGKILL, context, record);
  return nullptr;
}

}  // namespace harness
