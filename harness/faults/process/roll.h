// What rolling restarts and upgrades share: one node after another shuts down and starts again.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "harness/faults/common/fault.h"

namespace harness {

/// Each node shuts down (SIGTERM), `between` may change it while it is down, and it starts again; the next
/// one's turn comes when this one is back as an operator would have it (the cluster is ok by its word, a
/// replica has its link), and `pause` later. The record says which came back, or what went wrong.
void roll(FaultContext& context, const std::vector<Node*>& nodes, std::chrono::milliseconds pause,
          FaultRecord& record, const std::function<void(Node&)>& between);

}  // namespace harness
