// What an administrator cannot do to the cluster as it was created: told before the run, where the plan's
// first step would try it. Each is the `impossible` of the faults that it names.
#pragma once

#include "harness/faults/common/fault.h"

namespace harness {

/// Slots go from a master that has some to another master.
std::string why_no_move(const FaultRequest& request, const Creation& creation);
/// CLUSTER FAILOVER is for replicas.
std::string why_no_handover(const FaultRequest& request, const Creation& creation);
/// A replica is given to a master.
std::string why_no_replication(const FaultRequest& request, const Creation& creation);
/// A replica does not forget its master.
std::string why_not_forgotten(const FaultRequest& request, const Creation& creation);

}  // namespace harness
