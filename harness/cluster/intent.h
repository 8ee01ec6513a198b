// What an administrator's commands mean for who belongs to the cluster. The faults of administration say it
// themselves; the commands of a plan's steps are read here.
#pragma once

#include "harness/cluster/cluster.h"

namespace harness {

/// Changes the intended membership as the command does, if it was accepted: SETSLOT NODE, ADDSLOTS, DELSLOTS
/// (and their RANGE forms), REPLICATE, MEET, FORGET and RESET of CLUSTER.
void intend(Cluster& cluster, const CommandRecord& command);

/// The same, of a membership: true when the command meant anything.
bool apply_intent(Membership& membership, const std::vector<NodeInfo>& nodes, const CommandRecord& command);

}  // namespace harness
