#include "reports/sample/sample_cluster.h"

#include <algorithm>

namespace harness::sample {

std::string node_id(int node) {
  std::string id(40, '0');
  for (std::size_t i = 0; i < id.size(); ++i)
    id[i] = "0123456789abcdef"[(static_cast<std::size_t>(node) * 7 + i * i * 3 + i) % 16];
  return id;
}

bool alive(int node, Nanos t) {
  return node != 2 || t < kCrash || t >= kRestart3;
}

bool cut_off(int node, Nanos t) {
  return node == 1 && kCut <= t && t < kHeal;
}

int master_of(int shard, Nanos t) {
  if (shard == 2 && t >= kPromote6) return 5;
  if (shard == 1 && t >= kPromote5) return 4;
  return shard;
}

namespace {

bool same_side(int a, int b, Nanos t) {
  return cut_off(a, t) == cut_off(b, t);
}

bool believes_master(int node, Nanos t) {
  if (node == 1) return t < kDemote2;
  return master_of(node % 3, t) == node;
}

std::uint64_t epoch_of(int node, Nanos t) {
  if (node == 5 && t >= kPromote6) return 7;
  if (node == 4 && t >= kPromote5) return 8;
  return static_cast<std::uint64_t>(node % 3) + 1;
}

std::uint16_t failure_flags(int observer, int target, Nanos t) {
  if (observer == target) return 0;
  const Nanos since = target == 2 && !alive(2, t) ? kCrash : !same_side(observer, target, t) ? kCut : kNever;
  if (since == kNever) return 0;
  const Nanos age = t - since;
  const Nanos jitter = at_ms(35.0 * observer);
  if (age > at_ms(1'400) && !cut_off(observer, t)) return kFlagFail;
  if (age > at_ms(1'150) + jitter) return kFlagPfail;
  return 0;
}

/// n2, cut off, keeps what it knew when the cut came.
Nanos knows_until(int observer, Nanos t) {
  return cut_off(observer, t) ? kCut : t;
}

TopologyNode line_of(int observer, int target, Nanos t, const std::vector<NodeInfo>& nodes) {
  const Nanos known = knows_until(observer, t);
  const bool master = observer == target ? believes_master(target, t)
                      : target == 1      ? master_of(1, known) == 1
                                         : believes_master(target, known);
  const NodeInfo& info = nodes[static_cast<std::size_t>(target)];
  TopologyNode node;
  node.id = info.id;
  node.ip = info.ip;
  node.port = info.port;
  node.bus_port = info.port + 10000;
  node.flags =
      static_cast<std::uint16_t>((observer == target ? kFlagMyself : 0) |
                                 (master ? kFlagMaster : kFlagReplica) | failure_flags(observer, target, t));
  node.config_epoch = epoch_of(master ? target : master_of(target % 3, known), known);
  node.link_up = observer == target || (alive(target, t) && same_side(observer, target, t));
  if (!master) node.master_id = nodes[static_cast<std::size_t>(master_of(target % 3, known))].id;
  const bool owns = master && (master_of(target % 3, known) == target || (observer == 1 && target == 1));
  if (owns) node.slots = nodes[static_cast<std::size_t>(target % 3)].slots;
  return node;
}

View look(int observer, Nanos t, const std::vector<NodeInfo>& nodes) {
  View view;
  view.begin = view.end = t;
  view.node = observer;
  view.reachable = alive(observer, t);
  if (!view.reachable) {
    view.error = "Connection refused";
    return view;
  }
  for (int target = 0; target < 6; ++target)
    view.topology.nodes.push_back(line_of(observer, target, t, nodes));
  view.cluster.state_ok =
      !(observer == 1 && kRefuse2 <= t && t < kHeal) && !(kCrash + at_ms(1'400) <= t && t < kPromote6);
  view.cluster.slots_assigned = kSlotCount;
  view.cluster.slots_ok = view.cluster.state_ok ? kSlotCount : kSlotCount - 5461;
  view.cluster.known_nodes = 6;
  view.cluster.size = 3;
  view.cluster.current_epoch = t >= kPromote5 ? 8 : t >= kPromote6 ? 7 : 6;
  view.cluster.my_epoch = epoch_of(observer, t);
  view.replication.is_master = believes_master(observer, t);
  view.replication.link_up = !view.replication.is_master;
  return view;
}

bool same_look(const View& a, const View& b) {
  return a.reachable == b.reachable && a.topology.same_view_as(b.topology) && a.cluster == b.cluster;
}

}  // namespace

std::vector<View> observe(const std::vector<NodeInfo>& nodes) {
  std::vector<View> views;
  for (int node = 0; node < 6; ++node) {
    for (Nanos t = at_ms(3.0 * node); t < kEnd + kSecond; t += at_ms(100)) {
      View view = look(node, t, nodes);
      if (!views.empty() && views.back().node == node && same_look(views.back(), view))
        views.back().end = t;
      else
        views.push_back(std::move(view));
    }
  }
  std::stable_sort(views.begin(), views.end(),
                   [](const View& a, const View& b) { return a.begin < b.begin; });
  return views;
}

std::vector<NodeInfo> make_nodes() {
  std::vector<NodeInfo> nodes;
  const std::vector<SlotRange> ranges = even_slot_ranges(3);
  for (int i = 0; i < 6; ++i) {
    NodeInfo node;
    node.name = "n" + std::to_string(i + 1);
    node.ip = "10.77.0." + std::to_string(i + 1);
    node.port = 6379;
    node.id = node_id(i);
    node.shard = i % 3;
    node.master = i < 3;
    if (node.master) node.slots = {ranges[static_cast<std::size_t>(i)]};
    nodes.push_back(node);
  }
  return nodes;
}

}  // namespace harness::sample
