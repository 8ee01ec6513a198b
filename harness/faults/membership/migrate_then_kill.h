// migrate-then-kill: a node that takes part in the migration of a slot dies; healing starts it again.
#pragma once

#include "harness/faults/membership/migrate_then.h"

namespace harness {

std::unique_ptr<ActiveFault> inject_migrate_then_kill(FaultContext& context, const FaultRequest& request,
                                                      FaultRecord& record);

}  // namespace harness
