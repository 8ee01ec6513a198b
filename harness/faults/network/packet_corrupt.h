// A bit is turned in some of what passes the links of a node: its kernel finds out by the checksum, so that
// a frame is lost.
#pragma once

#include "harness/faults/network/degrade.h"

namespace harness {

inline constexpr Parameter kPacketCorruptParameters[] = {
    percent_parameter("5"),
    kPeersParameter,
    kDirectionParameter,
};
std::unique_ptr<ActiveFault> inject_packet_corrupt(FaultContext& context, const FaultRequest& request,
                                                   FaultRecord& record);

}  // namespace harness
