// What a run waits for in the end, and for how long.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>

#include "harness/cluster/cluster.h"

namespace harness {

/// How long a failover may take at the most: checkers/PROMISES.md row 1.
Nanos failover_bound(const ClusterConfig& config);

/// How long a cluster of this configuration may take at the most to fail over and settle:
/// checkers/PROMISES.md row 1, with two lost elections, and time to synchronize.
std::chrono::milliseconds settle_patience(const ClusterConfig& config);

/// Starts dead nodes again and waits until they answer; returns their names, with the trouble of those that
/// did not come back.
std::string restart_dead_nodes(Cluster& cluster);
/// Tells members that were away when a node was removed to forget it now; returns what was done, in words.
std::string tell_to_forget(Cluster& cluster);
/// The members that do not run.
std::set<int> dead_members(Cluster& cluster);

}  // namespace harness
