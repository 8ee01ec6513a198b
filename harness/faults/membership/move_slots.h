// Slots of a master go to another one while clients use their keys.
#pragma once

#include "harness/faults/common/fault.h"

namespace harness {

inline constexpr Parameter kMoveSlotsParameters[] = {
    {"slots", Parameter::Kind::kInteger, "how many", "slots", "16", 1, kSlotCount},
    {"to", Parameter::Kind::kTarget, "whom they go to; without it another master", {}, "null"},
    {"back", Parameter::Kind::kFlag, "there and back again", {}, "false"}};

std::unique_ptr<ActiveFault> inject_move_slots(FaultContext& context, const FaultRequest& request,
                                               FaultRecord& record);

}  // namespace harness
