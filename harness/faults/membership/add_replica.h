// A spare node joins the cluster as a replica.
#pragma once

#include "harness/faults/common/fault.h"

namespace harness {

inline constexpr Parameter kAddReplicaParameters[] = {
    {"of", Parameter::Kind::kTarget, "whose", {}, "\"random-master\""}};

std::unique_ptr<ActiveFault> inject_add_replica(FaultContext& context, const FaultRequest& request,
                                                FaultRecord& record);

}  // namespace harness
