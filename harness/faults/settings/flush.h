// FLUSHALL: all data of the nodes is removed on purpose.
#pragma once

#include "harness/faults/common/fault.h"

namespace harness {

inline constexpr std::string_view kFlushModes[] = {"sync", "async"};
inline constexpr Parameter kFlushParameters[] = {
    {"mode", Parameter::Kind::kChoice, "when its memory is freed", {}, "\"sync\"", 0, 0, kFlushModes}};

std::unique_ptr<ActiveFault> inject_flush(FaultContext& context, const FaultRequest& request,
                                          FaultRecord& record);

}  // namespace harness
