// Messages of the cluster bus of some types come twice.
#pragma once

#include "harness/faults/bus/bus.h"

namespace harness {

inline constexpr Parameter kBusDuplicateParameters[] = {
    kBusTypeParameter, kBusFromParameter, kBusToParameter, kBusCountParameter, kDirectionParameter,
};
std::unique_ptr<ActiveFault> inject_bus_duplicate(FaultContext& context, const FaultRequest& request,
                                                  FaultRecord& record);

}  // namespace harness
