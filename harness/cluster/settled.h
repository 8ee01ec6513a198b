// When a cluster is whole and settled, judged from one look at every node against what is intended: the
// condition of "ready" at the start and of "settled" after the faults are healed. Pure functions.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "harness/cluster/roles.h"
#include "harness/core/membership.h"
#include "harness/core/run_record.h"

namespace harness {

/// Nothing when it is; else the first thing that is missing, in words. Any node of a shard may be its master,
/// and replicas may have moved between shards; who is a member, how many masters serve and which slots are
/// served is as intended. Nodes that are no members are not looked at. `dead`: members that ended and are not
/// to come back; they are not asked, and the others are to have them as failed. What only they could serve is
/// not waited for.
std::optional<std::string> why_not_settled(const Roles& roles, const std::vector<NodeInfo>& nodes,
                                           const Membership& intended, const ClusterConfig& config,
                                           const std::set<int>& dead = {});

/// How many members have not come to agree with what is intended, and with what the others say of
/// themselves; and which of them lack what, equal ones together.
struct Unsettled {
  int nodes = 0;
  int first = -1;     // one of them
  std::string story;  // "n1, n2, n3 and 13 more: sees 1024 of 16384 slots served; n4: …"; empty: none
};
Unsettled who_disagrees(const Roles& roles, const std::vector<NodeInfo>& nodes, const Membership& intended,
                        const ClusterConfig& config);

/// Nothing when every replica has applied all that its master has sent (no writes are under way any more):
/// what final reads of replicas wait for. Else the first that lags, in words.
std::optional<std::string> why_not_caught_up(const Roles& roles, const std::vector<NodeInfo>& nodes);

}  // namespace harness
