// Conditions of the whole cluster that a run waits for.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "harness/cluster/cluster.h"
#include "harness/core/schedule.h"

namespace harness {

/// Every slot is claimed by a reachable master, and all reachable nodes call the cluster's state ok.
bool recovered(const Roles& roles);

bool condition_holds(Cluster& cluster, StepCondition condition);

/// How long a cluster of this configuration may take at the most to fail over and settle:
/// checkers/PROMISES.md row 1, with two lost elections, and time to synchronize.
std::chrono::milliseconds settle_patience(const ClusterConfig& config);

/// Starts dead nodes again and waits until they answer; returns their names, with the trouble of those that
/// did not come back.
std::string restart_dead_nodes(Cluster& cluster);

}  // namespace harness
