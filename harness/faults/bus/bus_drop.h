// Messages of the cluster bus of some types do not arrive; those around them do.
#pragma once

#include "harness/faults/bus/bus.h"

namespace harness {

inline constexpr Parameter kBusDropParameters[] = {
    kBusTypeParameter, kBusFromParameter, kBusToParameter, kBusCountParameter, kDirectionParameter,
};
std::unique_ptr<ActiveFault> inject_bus_drop(FaultContext& context, const FaultRequest& request,
                                             FaultRecord& record);

}  // namespace harness
