// The subcommands that only look: INFO, SLOTS, SHARDS, LINKS, HELP.
#include <numeric>

#include "server/cluster/command.h"
#include "server/cluster/strong_mode.h"

namespace node::cluster {
namespace {

std::string preferred_endpoint(const Config& config, const Node& node) {
  switch (config.preferred_endpoint) {
    case EndpointType::kIp:
      return node.ip;
    case EndpointType::kHostname:
      return node.hostname.empty() ? "?" : node.hostname;
    case EndpointType::kUnknown:
      return "";
  }
  return "";
}

std::int64_t offset_of(const Context& c, const Node& node) {
  return c.is_me(&node) ? c.host.replication_offset() : node.repl_offset;
}

/// A node of CLUSTER SLOTS: endpoint, port, id, metadata.
Reply slots_node(const Context& c, const Node& node) {
  const EndpointType type = c.config.preferred_endpoint;
  Reply metadata = Reply::map();
  if (type != EndpointType::kIp) metadata.items = {Reply::bulk("ip"), Reply::bulk(node.ip)};
  if (type != EndpointType::kHostname && !node.hostname.empty()) {
    metadata.items.push_back(Reply::bulk("hostname"));
    metadata.items.push_back(Reply::bulk(node.hostname));
  }
  Reply endpoint =
      type == EndpointType::kUnknown ? Reply::null() : Reply::bulk(preferred_endpoint(c.config, node));
  return Reply::array(
      {std::move(endpoint), Reply::number(node.port), Reply::bulk(node.id.view()), std::move(metadata)});
}

Reply slots_range(const Context& c, const Node& master, int first, int last) {
  Reply range = Reply::array({Reply::number(first), Reply::number(last), slots_node(c, master)});
  for (const Node* replica : master.replicas)  // those that can serve: synchronised at least once
    if (!replica->failed() && offset_of(c, *replica) != 0) range.items.push_back(slots_node(c, *replica));
  return range;
}

Reply shard_node(const Context& c, const Node& node) {
  const std::int64_t offset = offset_of(c, node);
  Reply map = Reply::map({Reply::bulk("id"), Reply::bulk(node.id.view())});
  const auto add = [&map](const char* name, Reply value) {
    map.items.push_back(Reply::bulk(name));
    map.items.push_back(std::move(value));
  };
  if (node.port != 0) add("port", Reply::number(node.port));
  add("ip", Reply::bulk(node.ip));
  add("endpoint", Reply::bulk(preferred_endpoint(c.config, node)));
  if (!node.hostname.empty()) add("hostname", Reply::bulk(node.hostname));
  add("role", Reply::bulk(node.is_replica() ? "replica" : "master"));
  add("replication-offset", Reply::number(offset));
  add("health", Reply::bulk(node.failed()                      ? "fail"
                            : node.is_replica() && offset == 0 ? "loading"
                                                               : "online"));
  return map;
}

/// Who took over from a master that failed. Until it comes back as a replica it is shown in its shard, and
/// not as a shard without slots (redis#13414).
const Node* heir_of(const Context& c, const Node& master) {
  if (!master.failed() || master.slot_count > 0) return nullptr;
  for (const auto& node : c.state.nodes())
    if (node->is_master() && node->slot_count > 0 && node->replaced == master.id) return node.get();
  return nullptr;
}

Reply shard_reply(const Context& c, const Node& master, Reply slots) {
  Reply nodes = Reply::array({shard_node(c, master)});
  for (const auto& other : c.state.nodes())
    if (other->is_master() && heir_of(c, *other) == &master) nodes.items.push_back(shard_node(c, *other));
  for (const Node* replica : master.replicas) nodes.items.push_back(shard_node(c, *replica));
  return Reply::map({Reply::bulk("slots"), std::move(slots), Reply::bulk("nodes"), std::move(nodes)});
}

Reply shard(const Context& c, const Node& master) {
  Reply slots = Reply::array();
  if (c.config.defects(Defect::kShardsWithoutSlots)) return shard_reply(c, master, std::move(slots));
  int first = -1, last = -1;
  const auto flush = [&] {
    if (first < 0) return;
    slots.items.push_back(Reply::number(first));
    slots.items.push_back(Reply::number(last));
  };
  master.slots.for_each([&](int slot) {
    if (first < 0 || slot != last + 1) {
      flush();
      first = slot;
    }
    last = slot;
  });
  flush();
  return shard_reply(c, master, std::move(slots));
}

Reply link_entry(const Context& c, const Link& link) {
  const LinkBuffer buffer = c.host.link_buffer(link.id);
  return Reply::map({Reply::bulk("direction"), Reply::bulk(link.inbound ? "from" : "to"), Reply::bulk("node"),
                     Reply::bulk(link.node->id.view()), Reply::bulk("create-time"),
                     Reply::number(link.created), Reply::bulk("events"),
                     Reply::bulk(buffer.used > 0 ? "rw" : "r"), Reply::bulk("send-buffer-allocated"),
                     Reply::number(static_cast<std::int64_t>(buffer.allocated)),
                     Reply::bulk("send-buffer-used"), Reply::number(static_cast<std::int64_t>(buffer.used))});
}

std::string message_lines(const std::array<std::int64_t, kMessageTypes>& counts, std::string_view direction) {
  std::string text;
  for (int type = 0; type < kMessageTypes; ++type)
    if (counts[type] != 0)
      text += fmt::format("cluster_stats_messages_{}_{}:{}\r\n",
                          message_type_name(static_cast<MessageType>(type)), direction, counts[type]);
  const std::int64_t total = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
  return text + fmt::format("cluster_stats_messages_{}:{}\r\n", direction, total);
}

}  // namespace

std::string info_text(const Context& c) {
  const State& s = c.state;
  int assigned = 0, pfail = 0, fail = 0;
  for (const auto& node : s.nodes()) {
    assigned += node->slot_count;
    if (node->failed()) {
      fail += node->slot_count;
    } else if (node->pfailed()) {
      pfail += node->slot_count;
    }
  }
  return fmt::format(
             "cluster_state:{}\r\ncluster_slots_assigned:{}\r\ncluster_slots_ok:{}\r\ncluster_slots_pfail:{}"
             "\r\n"
             "cluster_slots_fail:{}\r\ncluster_known_nodes:{}\r\ncluster_size:{}\r\ncluster_current_epoch:{}"
             "\r\n"
             "cluster_my_epoch:{}\r\n",
             s.ok ? "ok" : "fail", assigned, assigned - pfail - fail, pfail, fail, s.nodes().size(), s.size,
             s.current_epoch, s.my_master().config_epoch) +
         message_lines(c.stats.sent, "sent") + message_lines(c.stats.received, "received") +
         fmt::format("total_cluster_links_buffer_limit_exceeded:{}\r\n", c.stats.links_over_limit) +
         strong_mode::info_lines(c);
}

Reply slots_reply(const Context& c) {
  Reply list = Reply::array();
  const auto& owner = c.state.owner;
  for (int first = 0; first < kSlotCount;) {
    int last = first;
    while (last + 1 < kSlotCount && owner[last + 1] == owner[first]) ++last;
    if (owner[first] != nullptr) list.items.push_back(slots_range(c, *owner[first], first, last));
    first = last + 1;
  }
  return list;
}

Reply shards_reply(const Context& c) {
  Reply list = Reply::array();
  for (const auto& node : c.state.nodes())
    if (node->is_master() && heir_of(c, *node) == nullptr) list.items.push_back(shard(c, *node));
  return list;
}

Reply links_reply(const Context& c) {
  Reply list = Reply::array();
  for (const auto& node : c.state.nodes()) {
    if (node->link != nullptr) list.items.push_back(link_entry(c, *node->link));
    if (node->inbound != nullptr) list.items.push_back(link_entry(c, *node->inbound));
  }
  return list;
}

Reply help_reply() {
  constexpr std::string_view kLines[] = {
      "CLUSTER <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
      "ADDSLOTS <slot> [<slot> ...]",
      "    Assign slots to current node.",
      "ADDSLOTSRANGE <start slot> <end slot> [<start slot> <end slot> ...]",
      "    Assign slots which are between <start-slot> and <end-slot> to current node.",
      "BUMPEPOCH",
      "    Advance the cluster config epoch.",
      "COUNT-FAILURE-REPORTS <node-id>",
      "    Return number of failure reports for <node-id>.",
      "COUNTKEYSINSLOT <slot>",
      "    Return the number of keys in <slot>.",
      "DELSLOTS <slot> [<slot> ...]",
      "    Delete slots information from current node.",
      "DELSLOTSRANGE <start slot> <end slot> [<start slot> <end slot> ...]",
      "    Delete slots information which are between <start-slot> and <end-slot> from current node.",
      "FAILOVER [FORCE|TAKEOVER]",
      "    Promote current replica node to being a master.",
      "FORGET <node-id>",
      "    Remove a node from the cluster.",
      "GETKEYSINSLOT <slot> <count>",
      "    Return key names stored by current node in a slot.",
      "FLUSHSLOTS",
      "    Delete current node own slots information.",
      "INFO",
      "    Return information about the cluster.",
      "KEYSLOT <key>",
      "    Return the hash slot for <key>.",
      "MEET <ip> <port> [<bus-port>]",
      "    Connect nodes into a working cluster.",
      "MYID",
      "    Return the node id.",
      "NODES",
      "    Return cluster configuration seen by node. Output format:",
      "    <id> <ip:port> <flags> <master> <pings> <pongs> <epoch> <link> <slot> ...",
      "REPLICATE <node-id>",
      "    Configure current node as replica to <node-id>.",
      "RESET [HARD|SOFT]",
      "    Reset current node (default: soft).",
      "SET-CONFIG-EPOCH <epoch>",
      "    Set config epoch of current node.",
      "SETSLOT <slot> (IMPORTING <node-id>|MIGRATING <node-id>|STABLE|NODE <node-id>)",
      "    Set slot state.",
      "REPLICAS <node-id>",
      "    Return <node-id> replicas.",
      "SAVECONFIG",
      "    Force saving cluster configuration on disk.",
      "SLOTS",
      "    Return information about slots range mappings. Each range is made of:",
      "    start, end, master and replicas IP addresses, ports and ids",
      "SHARDS",
      "    Return information about slot range mappings and the nodes associated with them.",
      "LINKS",
      "    Return information about all network links between this node and its peers.",
      "    Output format is an array where each array element is a map containing attributes of a link",
      "HELP",
      "    Prints this help.",
  };
  Reply list = Reply::array();
  for (std::string_view line : kLines) list.items.push_back(Reply::status(std::string(line)));
  return list;
}

}  // namespace node::cluster
