#include "harness/faults/process/rolling_restart.h"

#include "harness/faults/common/target.h"
#include "harness/faults/process/roll.h"

namespace harness {

std::unique_ptr<ActiveFault> inject_rolling_restart(FaultContext& context, const FaultRequest& request,
                                                    FaultRecord& record) {
  const TargetNodes aim = resolve_target(context, request.target);
  record.requested = context.clock.now();
  record.description = "rolling restart of " + aim.description;
  record.error = aim.problem;
  const auto pause = std::chrono::milliseconds(static_cast<int>(request.with.number("pause") * 1000));
  roll(context, aim.nodes, pause, record, [](Node&) {});
  return nullptr;
}

}  // namespace harness
