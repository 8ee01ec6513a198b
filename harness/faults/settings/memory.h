// A node runs out of memory that it may use: maxmemory is lowered to what it uses now, and put back.
#pragma once

#include "harness/faults/common/fault.h"

namespace harness {

inline constexpr std::string_view kMemoryPolicies[] = {"noeviction", "allkeys-lru", "allkeys-random",
                                                       "volatile-ttl"};
inline constexpr Parameter kMemoryParameters[] = {
    {"percent", Parameter::Kind::kNumber, "of what it uses now; less than 100: it has too much already",
     "percent", "100", 1, 1000},
    {"policy", Parameter::Kind::kChoice, "what it does then: refuse writes, or evict keys", "",
     "\"noeviction\"", 0, 0, kMemoryPolicies}};

std::unique_ptr<ActiveFault> inject_memory(FaultContext& context, const FaultRequest& request,
                                           FaultRecord& record);

}  // namespace harness
