// Network partitions: kernel drops in the network namespaces of the hosts, so that established connections
// hang as they do when a cable is cut. Four shapes:
//
//   partition-one       one node (the target) against everybody else, clients too
//   partition-minority  one node and the last client group against the rest: clients on both sides
//   partition-halves    half of the nodes at the most (the target among them, fewer masters than there are on
//                       the other side) and the last client group against the rest
//   partition-one-way   nobody hears the target; it hears everybody
//
// A client group goes with the minority only when there is another one.
#pragma once

#include "harness/faults/common/fault.h"

namespace harness {

std::unique_ptr<ActiveFault> inject_partition_one(FaultContext& context, const FaultRequest& request,
                                                  FaultRecord& record);
std::unique_ptr<ActiveFault> inject_partition_minority(FaultContext& context, const FaultRequest& request,
                                                       FaultRecord& record);
std::unique_ptr<ActiveFault> inject_partition_halves(FaultContext& context, const FaultRequest& request,
                                                     FaultRecord& record);
std::unique_ptr<ActiveFault> inject_partition_one_way(FaultContext& context, const FaultRequest& request,
                                                      FaultRecord& record);

}  // namespace harness
