#include "harness/faults/bus/bus_reorder.h"

namespace harness {

std::unique_ptr<ActiveFault> inject_bus_reorder(FaultContext& context, const FaultRequest& request,
                                                FaultRecord& record) {
  const Nanos delay = millis_of(request.with, "delay");
  return act_on_bus(context, request, {BusFate::kReordered, "disorder", delay, 0}, record);
}

}  // namespace harness
