// Some of what passes the links of a node is lost, each frame by itself or in bursts.
#pragma once

#include "harness/faults/network/degrade.h"

namespace harness {

inline constexpr Parameter kPacketLossParameters[] = {
    percent_parameter("10"),
    {"burst", Parameter::Kind::kNumber, "mean length of a burst of losses; 1: each by itself", "frames", "1",
     1, 1000},
    kPeersParameter,
    kDirectionParameter,
};
std::unique_ptr<ActiveFault> inject_packet_loss(FaultContext& context, const FaultRequest& request,
                                                FaultRecord& record);

}  // namespace harness
