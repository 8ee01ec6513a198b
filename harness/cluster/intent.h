// What an administrator's commands mean for who belongs to the cluster. The faults of administration say it
// themselves; the commands of a plan's steps are read here.
#pragma once

#include <map>
#include <mutex>
#include <set>

#include "harness/cluster/cluster.h"

namespace harness {

/// Who was told to forget each node.
using Forgotten = std::map<int, std::set<int>>;

/// Changes the intended membership as the command does, if it was accepted: SETSLOT NODE, ADDSLOTS, DELSLOTS
/// (and their RANGE forms), MIGRATESLOTS, MIGRATION IMPORT, REPLICATE, MEET, FORGET and RESET of CLUSTER. A
/// node has left when all others were told to forget it; slots are taken from nobody but the shard that had
/// them. True when anything changed.
bool apply_intent(Membership& membership, Forgotten& forgotten, const std::vector<NodeInfo>& nodes,
                  const CommandRecord& command);

/// The commands of one run. Thread-safe, as steps send them side by side.
class CommandIntent {
 public:
  explicit CommandIntent(Cluster& cluster) : cluster_(cluster) {}
  void take(const CommandRecord& command);

 private:
  Cluster& cluster_;
  std::mutex mutex_;
  Forgotten forgotten_;  // guarded by mutex_
};

}  // namespace harness
