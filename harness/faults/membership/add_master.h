// A spare node joins the cluster and gets slots of every master.
#pragma once

#include "harness/faults/common/fault.h"

namespace harness {

inline constexpr Parameter kAddMasterParameters[] = {
    {"slots", Parameter::Kind::kInteger, "how many it gets", "slots", "512", 0, kSlotCount}};

std::unique_ptr<ActiveFault> inject_add_master(FaultContext& context, const FaultRequest& request,
                                               FaultRecord& record);

}  // namespace harness
