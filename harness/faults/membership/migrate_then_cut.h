// migrate-then-cut: a node that takes part in the migration of a slot is cut off from everybody.
#pragma once

#include "harness/faults/membership/migrate_then.h"

namespace harness {

std::unique_ptr<ActiveFault> inject_migrate_then_cut(FaultContext& context, const FaultRequest& request,
                                                     FaultRecord& record);

}  // namespace harness
