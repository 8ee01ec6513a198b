// Messages of the cluster bus of some types come late; others overtake them.
#pragma once

#include "harness/faults/bus/bus.h"

namespace harness {

inline constexpr Parameter kBusDelayParameters[] = {
    kBusTypeParameter,
    kBusFromParameter,
    kBusToParameter,
    kBusCountParameter,
    {"delay", Parameter::Kind::kNumber, "of each such message", "ms", "500", 1, 600000},
    kDirectionParameter,
};
std::unique_ptr<ActiveFault> inject_bus_delay(FaultContext& context, const FaultRequest& request,
                                              FaultRecord& record);

}  // namespace harness
