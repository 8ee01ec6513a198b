#include "harness/cluster/look.h"

#include <algorithm>
#include <tuple>

#include "harness/cluster/final_views.h"
#include "harness/core/check.h"

namespace harness {

namespace {

/// What CLUSTER SLOTS says, if its owners are not those of CLUSTER NODES before and after it: each command
/// answers of its own moment, and what was the same on both sides was so in between. What a make does not
/// tell, or tells in a form of its own, contradicts nothing.
std::vector<OwnedSlots> told_otherwise(const Topology& before, const Reply& slots, const Reply& nodes_after) {
  if (slots.is_error() || nodes_after.is_error() || before.unparsed_lines > 0) return {};
  std::vector<std::pair<SlotRange, std::string>> ranges;
  for (const ShownRange& range : ranges_from_reply(slots)) {
    if (range.nodes.empty()) return {};
    ranges.emplace_back(range.slots, range.nodes.front().id);
  }
  std::vector<OwnedSlots> told = by_owner(ranges);
  if (told == before.owned_slots()) return {};
  const Topology after = parse_cluster_nodes(nodes_after.text);
  const bool stands = after.unparsed_lines == 0 && after.owned_slots() == before.owned_slots();
  return stands ? told : std::vector<OwnedSlots>();
}

// The replies that every make gives; the rest is compared with them where it gives it.
constexpr std::size_t kNeeded = 4;

}  // namespace

const std::vector<Command>& look_commands() {
  static const std::vector<Command> commands = {{"CLUSTER", "NODES"},    {"CLUSTER", "INFO"},
                                                {"INFO", "replication"}, {"INFO", "server"},
                                                {"CLUSTER", "SLOTS"},    {"CLUSTER", "NODES"}};
  return commands;
}

View view_from(const std::vector<Reply>& replies) {
  CHECK_THAT_HOLDS(replies.size() == look_commands().size(), "one reply to each command of a look");
  for (std::size_t i = 0; i < kNeeded; ++i)
    if (replies[i].is_error()) return unreachable_view(replies[i].text);
  View view;
  view.topology = parse_cluster_nodes(replies[0].text);
  view.cluster = parse_cluster_info(replies[1].text);
  view.replication = parse_info_replication(replies[2].text + "\r\n" + replies[3].text);
  view.slots_told = told_otherwise(view.topology, replies[4], replies[5]);
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
         a.slots_told == b.slots_told && a.topology.same_view_as(b.topology);
}

}  // namespace harness
