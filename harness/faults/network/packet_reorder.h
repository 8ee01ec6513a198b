// Some of what passes the links of a node is held back, and the rest overtakes it.
#pragma once

#include "harness/faults/network/degrade.h"

namespace harness {

inline constexpr Parameter kPacketReorderParameters[] = {
    percent_parameter("25"),
    {"by", Parameter::Kind::kNumber, "how long such a frame is held back", "ms", "20", 0, 600000},
    kPeersParameter,
    kDirectionParameter,
};
std::unique_ptr<ActiveFault> inject_packet_reorder(FaultContext& context, const FaultRequest& request,
                                                   FaultRecord& record);

}  // namespace harness
