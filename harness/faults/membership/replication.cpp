#include "harness/faults/membership/replication.h"

#include "harness/cluster/target.h"
#include "harness/faults/common/administration.h"

namespace harness {
namespace {

constexpr std::chrono::seconds kReplicationPatience(60);  // a full synchronization is part of it

std::optional<std::string> why_not_replica(const Cluster& cluster, const Roles& roles, int node, int master) {
  const std::string name = "n" + std::to_string(node + 1);
  const View& own = roles.view(node);
  const std::string id = id_of(cluster, roles, node);
  const std::string master_id = id_of(cluster, roles, master);
  if (!own.reachable) return name + " does not answer";
  if (own.replication.is_master || !own.replication.link_up) return "the link of " + name + " is not up";
  for (const int member : members(roles)) {
    const TopologyNode* seen = roles.view(member).topology.find(id);
    if (!seen || !seen->is(kFlagReplica) || seen->master_id != master_id)
      return "n" + std::to_string(member + 1) + " does not have " + name + " as its replica";
  }
  return std::nullopt;
}

}  // namespace

bool replicate_and_verify(FaultContext& context, Node& node, int master, FaultRecord& record) {
  const std::string id = id_of(context.cluster, context.cluster.look(), master);
  if (!tell(node, {"CLUSTER", "REPLICATE", id}, record.error)) return false;
  context.cluster.change_membership([&](Membership& membership) {
    if (membership.is_member(master)) membership.add_replica(node.number(), master);
  });
  const bool seen = verify_by_views(context, record, kReplicationPatience, [&](const Roles& roles) {
    return why_not_replica(context.cluster, roles, node.number(), master);
  });
  if (seen)
    record.evidence = "all members have " + node.name() + " as a replica of n" + std::to_string(master + 1);
  if (seen) record.healed = context.clock.now();
  return seen;
}

}  // namespace harness
