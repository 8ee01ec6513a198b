// When a cluster is whole and settled, judged from one look at every node: the condition of "ready" at the
// start and of "settled" after the faults are healed. A pure function.
#pragma once

#include <optional>
#include <string>

#include "harness/cluster/roles.h"
#include "harness/core/run_record.h"

namespace harness {

/// Nothing when it is; else the first thing that is missing, in words. Roles may have changed since the
/// creation: any node may be the master of a shard, but there are as many masters and replicas as were
/// created.
std::optional<std::string> why_not_settled(const Roles& roles, const std::vector<NodeInfo>& nodes,
                                           const ClusterConfig& config);

/// Nothing when every replica has applied all that its master has sent (no writes are under way any more):
/// what final reads of replicas wait for. Else the first that lags, in words.
std::optional<std::string> why_not_caught_up(const Roles& roles, const std::vector<NodeInfo>& nodes);

}  // namespace harness
