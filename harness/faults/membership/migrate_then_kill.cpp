#include "harness/faults/membership/migrate_then_kill.h"

#include "harness/faults/process/kill.h"

namespace harness {

std::unique_ptr<ActiveFault> inject_migrate_then_kill(FaultContext& context, const FaultRequest& request,
                                                      FaultRecord& record) {
  return inject_migrate_then(context, request, record, "kill", inject_kill);
}

}  // namespace harness
