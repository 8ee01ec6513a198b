// acl-change: clients lose the right to some commands on a node (NOPERM), and get it back.
#pragma once

#include "harness/faults/common/fault.h"

namespace harness {

inline constexpr Parameter kAclChangeParameters[] = {
    {"deny",
     Parameter::Kind::kText,
     "categories and commands that the default user loses: @write, or get @list",
     {},
     "\"@write\""}};

std::unique_ptr<ActiveFault> inject_acl_change(FaultContext& context, const FaultRequest& request,
                                               FaultRecord& record);

}  // namespace harness
