// Who was meant to belong to the cluster at a moment: what the plan and its administration made of the
// cluster that was created. Membership, roles and slots are judged against it.
#pragma once

#include <set>
#include <vector>

#include "harness/core/run_record.h"

namespace harness {

/// As recorded; of a store that does not tell, as created.
Membership intended_at(const RunRecord& run, Nanos time);
Membership intended_in_the_end(const RunRecord& run);

/// Whether the slot is meant to belong to somebody.
bool is_assigned(const Membership& intended, int slot);

/// What is not missed in the end because faults ended its nodes and the plan does not start them again
/// (restart-at-end = false).
struct LeftDead {
  std::set<int> shards;  // with slots: nothing is left to serve them
  bool majority = true;  // of the masters still serves; else nobody can be elected, and all call it down
  bool had(const Membership& intended, int slot) const;
};
/// A shard is left dead when all its nodes are, or when some are, none of it serves, and no majority of the
/// masters is left that could elect one. `views`: of each node.
LeftDead left_dead_in_the_end(const RunRecord& run, const std::vector<std::vector<const View*>>& views);

}  // namespace harness
