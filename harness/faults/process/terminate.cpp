#include "harness/faults/process/terminate.h"

#include <csignal>

#include "harness/faults/common/target.h"

namespace harness {
namespace {

/// A master waits for its replicas before it goes (shutdown-timeout, 10 s), and may save its data.
constexpr std::chrono::seconds kTerminatePatience(60);

}  // namespace

std::unique_ptr<ActiveFault> inject_terminate(FaultContext& context, const FaultRequest& request,
                                              FaultRecord& record) {
  Node* node = aim_at_one(context, request.target, record);
  if (!node) return nullptr;
  record.description = "terminate " + record.description;
  if (!node->running()) {
    record.error = node->name() + " does not run";
    return nullptr;
  }
  node->expect_end();
  declare_down(record);
  const bool sent = node->signal(SIGTERM);
  const auto end = sent ? node->wait_for_end(kTerminatePatience) : std::nullopt;
  if (end && (end->exit_code == 0 || end->signal == SIGTERM)) {
    record.active = context.clock.now();
    record.evidence = "process " + std::to_string(node->pid()) + " " + end->describe();
    return nullptr;
  }
  node->expect_no_end();
  record.error = node->name() + " " + (end ? end->describe() + " instead of shutting down" : "still runs");
  return nullptr;
}

}  // namespace harness
