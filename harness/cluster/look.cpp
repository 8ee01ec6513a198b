#include "harness/cluster/look.h"

#include <algorithm>
#include <tuple>

#include "harness/core/check.h"

namespace harness {

const std::vector<Command>& look_commands() {
  static const std::vector<Command> commands = {
      {"CLUSTER", "NODES"}, {"CLUSTER", "INFO"}, {"INFO", "replication"}, {"INFO", "server"}};
  return commands;
}

View view_from(const std::vector<Reply>& replies) {
  CHECK_THAT_HOLDS(replies.size() == look_commands().size(), "one reply to each command of a look");
  for (const Reply& reply : replies)
    if (reply.is_error()) return unreachable_view(reply.text);
  View view;
  view.topology = parse_cluster_nodes(replies[0].text);
  view.cluster = parse_cluster_info(replies[1].text);
  view.replication = parse_info_replication(replies[2].text + "\r\n" + replies[3].text);
  return view;
}

View unreachable_view(std::string error) {
  View view;
  view.reachable = false;
  view.error = std::move(error);
  return view;
}

bool same_look(const View& a, const View& b) {
  const auto lasting = [](const ReplicationInfo& r) {
    return std::tie(r.is_master, r.master_ip, r.master_port, r.link_up, r.sync_in_progress, r.replication_id,
                    r.replicated_id, r.run_id, r.process_id);
  };
  const auto& ra = a.replication.replicas;
  const auto& rb = b.replication.replicas;
  const auto same_replica = [](const AttachedReplica& x, const AttachedReplica& y) {
    return std::tie(x.ip, x.port, x.state) == std::tie(y.ip, y.port, y.state);
  };
  return a.reachable == b.reachable && a.error == b.error && a.cluster == b.cluster &&
         lasting(a.replication) == lasting(b.replication) &&
         std::equal(ra.begin(), ra.end(), rb.begin(), rb.end(), same_replica) &&
         a.topology.same_view_as(b.topology);
}

}  // namespace harness
