// What each node holds once the cluster has settled, key by key.
#pragma once

#include <chrono>
#include <vector>

#include "harness/cluster/cluster.h"
#include "harness/core/run_record.h"

namespace harness {

/// Reads a node whole: SCAN, then each key by its type; in READONLY mode, so that a replica answers too. A
/// text is its own bytes; any other type is one text of its content in an order that does not depend on the
/// node: "list a b", "set a b", "hash f v", "zset m score", "stream id f v", each part quoted. A node that
/// cannot be read whole within the timeout is incomplete, and says why.
FinalData read_node(const Node& node, std::chrono::milliseconds timeout);

/// All nodes at once.
std::vector<FinalData> read_final_data(Cluster& cluster, std::chrono::milliseconds timeout);

}  // namespace harness
