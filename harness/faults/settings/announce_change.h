// announce-change: a node announces another host name, which all others take over by gossip, and then the old
// one again. Its address stays: clients and the bus go on.
#pragma once

#include "harness/faults/common/fault.h"

namespace harness {

inline constexpr Parameter kAnnounceChangeParameters[] = {
    {"hostname", Parameter::Kind::kText, "the name that it announces", {}, "\"renamed.example\""}};

std::unique_ptr<ActiveFault> inject_announce_change(FaultContext& context, const FaultRequest& request,
                                                    FaultRecord& record);

}  // namespace harness
