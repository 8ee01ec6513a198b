// How each node describes the cluster in the end, in every form that clients ask for.
#pragma once

#include <chrono>
#include <vector>

#include "harness/cluster/cluster.h"
#include "harness/core/final_view.h"

namespace harness {

struct FinalViewReading {
  std::chrono::milliseconds timeout{2000};   // of one node
  std::chrono::milliseconds between{500};    // two looks that must agree
  std::chrono::milliseconds patience{5000};  // for all nodes to tell the same twice
  std::chrono::milliseconds each{50};        // and so much more for each of them: a look at 300 takes seconds
};

/// All members, each until it tells the same twice: what it tells while it changes its mind is no
/// contradiction.
std::vector<FinalView> read_final_views(Cluster& cluster, const FinalViewReading& reading);

/// CLUSTER SLOTS and CLUSTER SHARDS from their replies; what is not understood is left out.
std::vector<ShownRange> ranges_from_reply(const Reply& reply);
std::vector<ShownShard> shards_from_reply(const Reply& reply);

}  // namespace harness
