#include "harness/faults/membership/migrate_then_pause.h"

#include "harness/faults/process/pause.h"

namespace harness {

std::unique_ptr<ActiveFault> inject_migrate_then_pause(FaultContext& context, const FaultRequest& request,
                                                       FaultRecord& record) {
  return inject_migrate_then(context, request, record, "pause", inject_pause);
}

}  // namespace harness
