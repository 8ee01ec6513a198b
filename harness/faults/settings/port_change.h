// port-change: a node takes its clients' connections at another port, and then at the old one again. Whoever
// is connected stays so; its bus port stays, too. All others learn the new port by gossip, clients by
// redirections.
#pragma once

#include "harness/faults/common/fault.h"

namespace harness {

inline constexpr Parameter kPortChangeParameters[] = {
    {"port", Parameter::Kind::kInteger, "where it listens instead", {}, "7379", 1, 55'535}};

std::unique_ptr<ActiveFault> inject_port_change(FaultContext& context, const FaultRequest& request,
                                                FaultRecord& record);

}  // namespace harness
