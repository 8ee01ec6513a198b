#include "harness/faults/bus/bus_duplicate.h"

namespace harness {

std::unique_ptr<ActiveFault> inject_bus_duplicate(FaultContext& context, const FaultRequest& request,
                                                  FaultRecord& record) {
  return act_on_bus(context, request, {BusFate::kDuplicated, "double", 0, 0}, record);
}

}  // namespace harness
