// Upgrades and downgrades: nodes restart, one after another, as another build.
#pragma once

#include "harness/faults/common/fault.h"

namespace harness {

inline constexpr Parameter kChangeBuildParameters[] = {
    {"server", Parameter::Kind::kBuild, "the build that they restart as", "", "\"\""},
    {"pause", Parameter::Kind::kNumber, "between one node and the next", "s", "1", 0, 3600}};

/// Replicas first, as operators do it: a replica must read what its master sends, a master what its own disk
/// holds. A node whose new build cannot read what the old one wrote stays as it is, and the record says why.
std::unique_ptr<ActiveFault> inject_upgrade(FaultContext& context, const FaultRequest& request,
                                            FaultRecord& record);
/// Masters last in both directions, and neither may copy what it cannot read: both ways must do.
std::unique_ptr<ActiveFault> inject_downgrade(FaultContext& context, const FaultRequest& request,
                                              FaultRecord& record);

}  // namespace harness
