// Messages of the cluster bus of some types are overtaken by the next one on their link.
#pragma once

#include "harness/faults/bus/bus.h"

namespace harness {

inline constexpr Parameter kBusReorderParameters[] = {
    kBusTypeParameter,
    kBusFromParameter,
    kBusToParameter,
    kBusCountParameter,
    {"delay", Parameter::Kind::kNumber, "at the most, when no other message comes", "ms", "1000", 1, 600000},
    kDirectionParameter,
};
std::unique_ptr<ActiveFault> inject_bus_reorder(FaultContext& context, const FaultRequest& request,
                                                FaultRecord& record);

}  // namespace harness
