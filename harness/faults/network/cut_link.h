// What the target sends to one other node is dropped, or both ways.
#pragma once

#include "harness/faults/network/degrade.h"

namespace harness {

inline constexpr Parameter kCutLinkParameters[] = {
    {"to", Parameter::Kind::kTarget, "the other node; null: any", {}, "null"},
    {"both-ways", Parameter::Kind::kFlag, "what the other sends, too", {}, "false"},
    kPortParameter,
};
std::unique_ptr<ActiveFault> inject_cut_link(FaultContext& context, const FaultRequest& request,
                                             FaultRecord& record);

}  // namespace harness
