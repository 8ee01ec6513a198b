// Some of what passes the links of a node comes twice.
#pragma once

#include "harness/faults/network/degrade.h"

namespace harness {

inline constexpr Parameter kPacketDuplicateParameters[] = {
    percent_parameter("10"),
    kPeersParameter,
    kDirectionParameter,
};
std::unique_ptr<ActiveFault> inject_packet_duplicate(FaultContext& context, const FaultRequest& request,
                                                     FaultRecord& record);

}  // namespace harness
