// CLIENT PAUSE: the server holds its clients back.
#pragma once

#include "harness/faults/common/fault.h"

namespace harness {

inline constexpr std::string_view kPauseModes[] = {"all", "write"};
inline constexpr Parameter kClientPauseParameters[] = {
    {"mode", Parameter::Kind::kChoice, "which commands wait", {}, "\"write\"", 0, 0, kPauseModes},
    {"time", Parameter::Kind::kInteger, "how long", "ms", "3000", 100, 60000}};

std::unique_ptr<ActiveFault> inject_client_pause(FaultContext& context, const FaultRequest& request,
                                                 FaultRecord& record);

}  // namespace harness
