#include "harness/faults/bus/bus_drop.h"

namespace harness {

std::unique_ptr<ActiveFault> inject_bus_drop(FaultContext& context, const FaultRequest& request,
                                             FaultRecord& record) {
  return act_on_bus(context, request, {BusFate::kDropped, "drop", 0, 100}, record);
}

}  // namespace harness
