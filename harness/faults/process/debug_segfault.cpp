#include "harness/faults/process/debug_segfault.h"

#include <csignal>

#include "harness/faults/common/target.h"

namespace harness {

std::unique_ptr<ActiveFault> inject_debug_segfault(FaultContext& context, const FaultRequest& request,
                                                   FaultRecord& record) {
  Node* node = aim_at_one(context, request.target, record);
  if (!node) return nullptr;
  record.description = "segfault " + record.description;
  auto connection = node->connect();
  if (!connection) {
    record.error = "no connection to " + node->name() + ": " + connection.error().text;
    return nullptr;
  }
  node->expect_end();
  record.requested = context.clock.now();
  const auto reply = connection->call({"DEBUG", "SEGFAULT"});
  if (reply) {  // a server that answers has not crashed
    node->expect_no_end();
    record.error = node->name() + " answered " + reply->describe();
    return nullptr;
  }
  declare_down(record);
  record.effects.front().excuses.log_lines = {"BUG REPORT START", "crashed by signal"};
  verify_death(*node, SIGSEGV, context, record);
  return nullptr;
}

}  // namespace harness
