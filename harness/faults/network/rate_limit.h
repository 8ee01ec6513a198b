// The links of a node carry no more than a rate, each direction of each by itself.
#pragma once

#include "harness/faults/network/degrade.h"

namespace harness {

inline constexpr Parameter kRateLimitParameters[] = {
    {"rate", Parameter::Kind::kNumber, "of each directed link", "kbit/s", "1000", 1, 1e7},
    {"backlog", Parameter::Kind::kInteger, "what waits for its turn at the most; more is lost", "bytes",
     "262144", 1514, 1e8},
    kPeersParameter,
    kDirectionParameter,
};
std::unique_ptr<ActiveFault> inject_rate_limit(FaultContext& context, const FaultRequest& request,
                                               FaultRecord& record);

}  // namespace harness
