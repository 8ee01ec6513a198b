// Every master gets about as many slots as the others, empty ones too.
#pragma once

#include "harness/faults/common/fault.h"

namespace harness {

inline constexpr Parameter kRebalanceParameters[] = {{"most", Parameter::Kind::kInteger,
                                                      "no more than so many slots are moved", "slots",
                                                      "16384", 1, kSlotCount}};

std::unique_ptr<ActiveFault> inject_rebalance(FaultContext& context, const FaultRequest& request,
                                              FaultRecord& record);

}  // namespace harness
