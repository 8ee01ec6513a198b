// What passes the links of a node comes late, in its order.
#pragma once

#include "harness/faults/network/degrade.h"

namespace harness {

inline constexpr Parameter kPacketDelayParameters[] = {
    {"delay", Parameter::Kind::kNumber, "of every frame", "ms", "100", 0, 600000},
    {"jitter", Parameter::Kind::kNumber, "up to so much more or less", "ms", "0", 0, 600000},
    {"correlation", Parameter::Kind::kNumber, "how much of the jitter is that of the frame before", "percent",
     "0", 0, 100},
    kPeersParameter,
    kDirectionParameter,
};
std::unique_ptr<ActiveFault> inject_packet_delay(FaultContext& context, const FaultRequest& request,
                                                 FaultRecord& record);

}  // namespace harness
