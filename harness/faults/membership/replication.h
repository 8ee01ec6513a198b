// A node becomes a replica: how the faults that make it one see that it is.
#pragma once

#include "harness/faults/common/fault.h"

namespace harness {

/// CLUSTER REPLICATE, awaited until the node's link to the master is up and all members have it so.
bool replicate_and_verify(FaultContext& context, Node& node, int master, FaultRecord& record);

}  // namespace harness
