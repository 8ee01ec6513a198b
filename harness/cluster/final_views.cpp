#include "harness/cluster/final_views.h"

#include <algorithm>
#include <thread>

#include "harness/cluster/stream_reply.h"
#include "harness/core/topology.h"
#include "harness/core/wait.h"

namespace harness {
namespace {

int int_of(const Reply& reply) {
  const bool fits = reply.type == Reply::Type::kInteger && 0 <= reply.integer && reply.integer < 1'000'000;
  return fits ? static_cast<int>(reply.integer) : -1;
}

bool is_range(int first, int last) {
  return 0 <= first && first <= last && last < kSlotCount;
}

ShownNode shard_node(const Reply& reply) {
  ShownNode node;
  node.id = field_text(reply, "id");
  node.ip = field_text(reply, "ip");
  if (const Reply* port = field_of(reply, "port")) node.port = int_of(*port);
  node.role = field_text(reply, "role");
  if (node.role == "slave") node.role = "replica";
  node.health = field_text(reply, "health");
  if (const Reply* offset = field_of(reply, "replication-offset")) node.offset = offset->integer;
  return node;
}

Command what_it_did(const Flavor& flavor) {
  if (flavor.has(Feature::kInfoSections))
    return {"INFO", "replication", "memory", "commandstats", "errorstats", "keyspace"};
  return {"INFO", "all"};
}

FinalView final_look_at(const Node& node, std::chrono::milliseconds timeout) {
  FinalView view;
  view.node = node.number();
  auto connection = node.connect({timeout, timeout});
  if (!connection) {
    view.error = connection.error().text;
    return view;
  }
  const auto replies = connection->pipeline({{"CLUSTER", "NODES"},
                                             {"CLUSTER", "INFO"},
                                             what_it_did(node.flavor()),
                                             {"CLUSTER", "SLOTS"},
                                             {"CLUSTER", "SHARDS"}});
  if (!replies) {
    view.error = replies.error().text;
    return view;
  }
  for (std::size_t i = 0; i < 4; ++i)
    if ((*replies)[i].is_error()) view.error = (*replies)[i].text;
  if (!view.error.empty()) return view;
  view.nodes = (*replies)[0].text;
  view.info = (*replies)[1].text;
  view.replication = (*replies)[2].text;
  view.slots = ranges_from_reply((*replies)[3]);
  view.has_shards = !(*replies)[4].is_error();  // Redis before 7.0 has none
  view.shards = shards_from_reply((*replies)[4]);
  return view;
}

bool same_nodes(const std::vector<ShownNode>& a, const std::vector<ShownNode>& b) {
  // Offsets go on with the keepalives of replication; but whether there is one at all decides what is shown.
  return std::ranges::equal(a, b, [](const ShownNode& x, const ShownNode& y) {
    return x.id == y.id && x.ip == y.ip && x.port == y.port && x.role == y.role && x.health == y.health &&
           (x.offset == 0) == (y.offset == 0);
  });
}

bool same(const FinalView& a, const FinalView& b) {
  const auto same_range = [](const ShownRange& x, const ShownRange& y) {
    return x.slots == y.slots && same_nodes(x.nodes, y.nodes);
  };
  const auto same_shard = [](const ShownShard& x, const ShownShard& y) {
    return x.slots == y.slots && same_nodes(x.nodes, y.nodes);
  };
  return a.error == b.error && parse_cluster_nodes(a.nodes).same_view_as(parse_cluster_nodes(b.nodes)) &&
         parse_cluster_info(a.info) == parse_cluster_info(b.info) &&
         std::ranges::equal(a.slots, b.slots, same_range) && a.has_shards == b.has_shards &&
         std::ranges::equal(a.shards, b.shards, same_shard);
}

std::vector<FinalView> look_at_all(Cluster& cluster, const std::vector<int>& members,
                                   std::chrono::milliseconds timeout) {
  std::vector<FinalView> views(members.size());
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < members.size(); ++i)
    threads.emplace_back([&, i] { views[i] = final_look_at(cluster.node(members[i]), timeout); });
  threads.clear();  // joins
  return views;
}

}  // namespace

std::vector<ShownRange> ranges_from_reply(const Reply& reply) {
  std::vector<ShownRange> ranges;
  for (const Reply& line : reply.elements) {
    if (line.elements.size() < 3) continue;
    ShownRange range{{int_of(line.elements[0]), int_of(line.elements[1])}, {}};
    if (!is_range(range.slots.first, range.slots.last)) continue;
    for (std::size_t i = 2; i < line.elements.size(); ++i) {
      const std::vector<Reply>& parts = line.elements[i].elements;
      if (parts.size() >= 3)
        range.nodes.push_back({parts[2].text, parts[0].text, int_of(parts[1]), {}, {}, 0});
    }
    ranges.push_back(std::move(range));
  }
  std::ranges::sort(ranges, {}, [](const ShownRange& range) { return range.slots.first; });
  return ranges;
}

std::vector<ShownShard> shards_from_reply(const Reply& reply) {
  std::vector<ShownShard> shards;
  for (const Reply& line : reply.elements) {
    ShownShard shard;
    if (const Reply* slots = field_of(line, "slots"))
      for (std::size_t i = 0; i + 1 < slots->elements.size(); i += 2) {
        const int first = int_of(slots->elements[i]);
        const int last = int_of(slots->elements[i + 1]);
        if (is_range(first, last)) shard.slots.push_back({first, last});
      }
    if (const Reply* nodes = field_of(line, "nodes"))
      for (const Reply& node : nodes->elements) shard.nodes.push_back(shard_node(node));
    std::ranges::sort(shard.nodes, {}, &ShownNode::id);
    shards.push_back(std::move(shard));
  }
  std::ranges::sort(shards, {}, [](const ShownShard& shard) {
    return shard.nodes.empty() ? std::string() : shard.nodes.front().id;
  });
  return shards;
}

std::vector<FinalView> read_final_views(Cluster& cluster, const FinalViewReading& reading) {
  const std::vector<int> members = cluster.membership().members();
  std::vector<FinalView> views;
  const auto tell_the_same_again = [&] {
    std::vector<FinalView> again = look_at_all(cluster, members, reading.timeout);
    bool steady = true;
    for (std::size_t i = 0; i < again.size(); ++i) {
      again[i].steady = i < views.size() && same(views[i], again[i]);
      steady = steady && again[i].steady;
    }
    views = std::move(again);
    return steady;
  };
  // Whether they came to rest is told by `steady`.
  const auto patience = reading.patience + reading.each * static_cast<int>(members.size());
  (void)wait_for(patience, tell_the_same_again, reading.between);
  return views;
}

}  // namespace harness
