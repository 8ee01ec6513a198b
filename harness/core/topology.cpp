#include "harness/core/topology.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <tuple>

namespace harness {
namespace {

/// Cuts the next piece off `text` at `separator`; takes all of it when there is none.
std::string_view cut(std::string_view& text, char separator) {
  const auto at = text.find(separator);
  const std::string_view piece = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view{} : text.substr(at + 1);
  return piece;
}

template <typename Number>
bool parse_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

std::string_view next_line(std::string_view& text) {
  std::string_view line = cut(text, '\n');
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

constexpr std::pair<std::string_view, std::uint16_t> kFlagNames[] = {
    {"myself", kFlagMyself},         {"master", kFlagMaster},
    {"slave", kFlagReplica},         {"replica", kFlagReplica},
    {"fail?", kFlagPfail},           {"fail", kFlagFail},
    {"handshake", kFlagHandshake},   {"noaddr", kFlagNoAddress},
    {"nofailover", kFlagNoFailover}, {"noflags", 0}};

bool parse_flags(std::string_view text, std::uint16_t& flags) {
  while (!text.empty()) {
    const std::string_view name = cut(text, ',');
    const auto* known = std::find_if(std::begin(kFlagNames), std::end(kFlagNames),
                                     [&](const auto& entry) { return entry.first == name; });
    if (known == std::end(kFlagNames)) return false;
    flags |= known->second;
  }
  return true;
}

/// ip:port@cport[,hostname[,aux=…]]; the ip may be empty or IPv6.
bool parse_address(std::string_view text, TopologyNode& node) {
  std::string_view address = cut(text, ',');
  const auto at = address.rfind('@');
  if (at != std::string_view::npos) {
    if (!parse_number(address.substr(at + 1), node.bus_port)) return false;
    address = address.substr(0, at);
  }
  const auto colon = address.rfind(':');
  if (colon == std::string_view::npos) return false;
  node.ip = address.substr(0, colon);
  return parse_number(address.substr(colon + 1), node.port);
}

bool valid_slot(int slot) {
  return 0 <= slot && slot < kSlotCount;
}

/// "n", "a-b", "[n->-id]" (migrating) or "[n-<-id]" (importing).
bool parse_slots(std::string_view text, TopologyNode& node) {
  if (text.starts_with('[')) {
    text.remove_prefix(1);
    const auto dash = text.find('-');
    int slot = -1;
    if (dash == std::string_view::npos || !parse_number(text.substr(0, dash), slot) || !valid_slot(slot))
      return false;
    (text.substr(dash).starts_with("->-") ? node.migrating : node.importing).push_back(slot);
    return true;
  }
  SlotRange range;
  const std::string_view first = cut(text, '-');
  if (!parse_number(first, range.first)) return false;
  range.last = range.first;
  if (!text.empty() && !parse_number(text, range.last)) return false;
  if (!valid_slot(range.first) || !valid_slot(range.last) || range.first > range.last) return false;
  node.slots.push_back(range);
  return true;
}

bool parse_node(std::string_view line, TopologyNode& node) {
  node.id = cut(line, ' ');
  if (node.id.size() != 40) return false;
  if (!parse_address(cut(line, ' '), node)) return false;
  if (!parse_flags(cut(line, ' '), node.flags)) return false;
  const std::string_view master = cut(line, ' ');
  if (master != "-") node.master_id = master;
  if (!parse_number(cut(line, ' '), node.ping_sent_ms)) return false;
  if (!parse_number(cut(line, ' '), node.pong_received_ms)) return false;
  if (!parse_number(cut(line, ' '), node.config_epoch)) return false;
  const std::string_view link = cut(line, ' ');
  if (link != "connected" && link != "disconnected") return false;
  node.link_up = link == "connected";
  while (!line.empty()) {
    const std::string_view piece = cut(line, ' ');
    if (!piece.empty() && !parse_slots(piece, node)) return false;
  }
  return true;
}

/// Calls `field(name, value)` for each "name:value" line.
template <typename Field>
void for_each_field(std::string_view text, Field field) {
  while (!text.empty()) {
    std::string_view line = next_line(text);
    if (line.empty() || line.front() == '#') continue;
    const std::string_view name = cut(line, ':');
    field(name, line);
  }
}

AttachedReplica parse_attached_replica(std::string_view text) {
  AttachedReplica replica;
  while (!text.empty()) {
    std::string_view value = cut(text, ',');
    const std::string_view name = cut(value, '=');
    if (name == "ip") replica.ip = value;
    if (name == "port") parse_number(value, replica.port);
    if (name == "state") replica.state = value;
    if (name == "offset") parse_number(value, replica.offset);
  }
  return replica;
}

}  // namespace

const TopologyNode* Topology::myself() const {
  for (const TopologyNode& node : nodes)
    if (node.is(kFlagMyself)) return &node;
  return nullptr;
}

const TopologyNode* Topology::find(std::string_view id) const {
  for (const TopologyNode& node : nodes)
    if (node.id == id) return &node;
  return nullptr;
}

const TopologyNode* Topology::owner_of(int slot) const {
  for (const TopologyNode& node : nodes)
    for (const SlotRange& range : node.slots)
      if (range.contains(slot)) return &node;
  return nullptr;
}

std::vector<OwnedSlots> by_owner(const std::vector<std::pair<SlotRange, std::string>>& ranges) {
  std::map<std::string, SlotRanges> owners;
  for (const auto& [range, owner] : ranges) owners[owner].push_back(range);
  std::vector<OwnedSlots> all;
  for (auto& [owner, slots] : owners) {
    std::ranges::sort(slots, {}, &SlotRange::first);
    OwnedSlots& own = all.emplace_back(OwnedSlots{owner, {}});
    for (const SlotRange& range : slots)
      if (!own.slots.empty() && own.slots.back().last + 1 == range.first)
        own.slots.back().last = range.last;
      else
        own.slots.push_back(range);
  }
  return all;
}

std::vector<OwnedSlots> Topology::owned_slots() const {
  std::vector<std::pair<SlotRange, std::string>> ranges;
  for (const TopologyNode& node : nodes)
    for (const SlotRange& range : node.slots) ranges.emplace_back(range, node.id);
  return by_owner(ranges);
}

bool Topology::same_view_as(const Topology& other) const {
  return std::equal(nodes.begin(), nodes.end(), other.nodes.begin(), other.nodes.end(),
                    [](const TopologyNode& a, const TopologyNode& b) {
                      const auto lasting = [](const TopologyNode& n) {
                        return std::tie(n.id, n.ip, n.port, n.bus_port, n.flags, n.master_id, n.config_epoch,
                                        n.link_up, n.slots, n.migrating, n.importing);
                      };
                      return lasting(a) == lasting(b);
                    });
}

Topology parse_cluster_nodes(std::string_view text) {
  Topology topology;
  while (!text.empty()) {
    const std::string_view line = next_line(text);
    if (line.empty()) continue;
    TopologyNode node;
    if (parse_node(line, node))
      topology.nodes.push_back(std::move(node));
    else
      ++topology.unparsed_lines;
  }
  // One order whoever answers, so that views compare.
  std::sort(topology.nodes.begin(), topology.nodes.end(),
            [](const TopologyNode& a, const TopologyNode& b) { return a.id < b.id; });
  return topology;
}

ClusterInfo parse_cluster_info(std::string_view text) {
  ClusterInfo info;
  for_each_field(text, [&](std::string_view name, std::string_view value) {
    if (name == "cluster_state") info.state_ok = value == "ok";
    if (name == "cluster_slots_assigned") parse_number(value, info.slots_assigned);
    if (name == "cluster_slots_ok") parse_number(value, info.slots_ok);
    if (name == "cluster_slots_pfail") parse_number(value, info.slots_pfail);
    if (name == "cluster_slots_fail") parse_number(value, info.slots_fail);
    if (name == "cluster_known_nodes") parse_number(value, info.known_nodes);
    if (name == "cluster_size") parse_number(value, info.size);
    if (name == "cluster_current_epoch") parse_number(value, info.current_epoch);
    if (name == "cluster_my_epoch") parse_number(value, info.my_epoch);
  });
  return info;
}

ReplicationInfo parse_info_replication(std::string_view text) {
  ReplicationInfo info;
  std::int64_t master_offset = 0;
  std::int64_t replica_offset = -1;
  for_each_field(text, [&](std::string_view name, std::string_view value) {
    if (name == "role") info.is_master = value == "master";
    if (name == "master_host") info.master_ip = value;
    if (name == "master_port") parse_number(value, info.master_port);
    if (name == "master_link_status") info.link_up = value == "up";
    if (name == "master_sync_in_progress") info.sync_in_progress = value != "0";
    if (name == "master_replid") info.replication_id = value;
    if (name == "master_replid2" && value.find_first_not_of('0') != value.npos) info.replicated_id = value;
    if (name == "master_repl_offset") parse_number(value, master_offset);
    if (name == "slave_repl_offset") parse_number(value, replica_offset);
    if (name == "run_id") info.run_id = value;
    if (name == "process_id") parse_number(value, info.process_id);
    if (name.starts_with("slave") && value.starts_with("ip="))
      info.replicas.push_back(parse_attached_replica(value));
  });
  info.offset = info.is_master || replica_offset < 0 ? master_offset : replica_offset;
  return info;
}

}  // namespace harness
