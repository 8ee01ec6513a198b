// The shape of a cluster, worked out from the plan before anything runs: which node is created as what, with
// which slots, on which build. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "harness/builds/flavor.h"
#include "harness/core/run_record.h"

namespace harness {

inline constexpr int kMaxNodes = 1000;  // more would only measure the machine

/// Throws UsageError, with the mend, for a shape that no cluster can have: no master, negative replicas, more
/// than kMaxNodes nodes, lists of the wrong length, a slot given twice, a node that does not exist, a
/// directive that the harness sets itself.
void check_shape(const ClusterPlan& plan);
/// The same with even slots and as many replicas for each master.
void check_shape(int masters, int replicas);

/// Every SPEC that the plan names: `servers` first, then those of single nodes and those to upgrade to, each
/// once. A build's number is its place here.
std::vector<std::string> specs_of(const ClusterPlan& plan);

/// The nodes as they will be created, without addresses and ids: n1..nM masters, then the replicas round and
/// round (one of n1, one of n2, ...; a master that has all of its own is passed over), then the spare ones.
///
/// `flavors`: the builds, in the order of specs_of. Those of `servers` are dealt: a replica runs another
/// build than its master where both can read what the other writes, since either may come to follow the
/// other; builds that cannot are dealt to whole shards. Throws UsageError, with the reason, when the plan
/// itself asks for data to flow where it cannot.
std::vector<NodeInfo> planned_nodes(const ClusterPlan& plan, const std::vector<Flavor>& flavors);

}  // namespace harness
