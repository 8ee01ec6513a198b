#include "harness/faults/bus/bus_delay.h"

namespace harness {

std::unique_ptr<ActiveFault> inject_bus_delay(FaultContext& context, const FaultRequest& request,
                                              FaultRecord& record) {
  const Nanos delay = millis_of(request.with, "delay");
  const std::string what = "delay by " + plain_number(request.with.number("delay")) + " ms";
  return act_on_bus(context, request, {BusFate::kDelayed, what, delay, 0}, record);
}

}  // namespace harness
