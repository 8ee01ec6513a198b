// A node as it was created.
#pragma once

#include <string>

#include "harness/core/slot.h"

namespace harness {

/// It keeps number, name and address for the whole run, whatever its role.
struct NodeInfo {
  std::string name;
  std::string ip;
  int port = 0;
  std::string id;       // the cluster node id, 40 hex digits
  int shard = 0;        // the shard it was created in, from 0; of a spare node one of its own
  bool master = false;  // created as a master
  SlotRanges slots;     // given at creation; a replica has none
  int build = 0;        // which build it runs: 0 RunInfo::server, i > 0 peers[i - 1]
  bool spare = false;   // runs, but was no member of the cluster when the run began
};

}  // namespace harness
