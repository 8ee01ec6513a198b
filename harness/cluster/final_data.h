// What each node holds once the cluster has settled, key by key.
#pragma once

#include <atomic>
#include <chrono>
#include <vector>

#include "harness/cluster/cluster.h"
#include "harness/core/run_record.h"

namespace harness {

struct DataReading {
  std::chrono::milliseconds timeout{20'000};   // of one node, read whole
  std::chrono::milliseconds catch_up{20'000};  // how long replicas may take to apply what their masters sent
  std::size_t most_keys = 1'000'000;  // of one node: of more, a sample is read, the same on every node
  int attempts = 1;  // where copies differ the whole is read anew: a command of the load may have come late
  std::atomic<int>* nodes_read = nullptr;  // counts the nodes that are through, for whoever waits
};

/// Reads a node whole: SCAN, then each key by its type; in READONLY mode, so that a replica answers too. A
/// text is its own bytes; any other type is one text of its content in an order that does not depend on the
/// node: "list a b", "set a b", "hash f v", "zset m score", "stream id f v", each part quoted; scores are
/// written alike whatever the make. Expiry, stream groups and functions stand beside (core/final_data.h). A
/// key that the node holds and refuses to show is foreign. A node that cannot be read whole within the
/// timeout is incomplete, and says why. `sample`: one of so many keys is read.
FinalData read_node(const Node& node, std::chrono::milliseconds timeout, int sample = 1);

/// All nodes at once, as soon as the replicas have caught up with their masters; one that does not within the
/// patience is read as it stands, and marked.
std::vector<FinalData> read_final_data(Cluster& cluster, const DataReading& reading = {});

}  // namespace harness
