// The JSON form of views.json.
#include <nlohmann/json.hpp>

#include "harness/core/final_view.h"
#include "harness/core/json_bytes.h"

namespace harness {
namespace {

using Json = nlohmann::json;

Json ranges_json(const SlotRanges& ranges) {
  Json list = Json::array();
  for (const SlotRange& range : ranges) list.push_back({range.first, range.last});
  return list;
}

SlotRange range_from(const Json& j) {
  return {j.at(0).get<int>(), j.at(1).get<int>()};
}

Json nodes_json(const std::vector<ShownNode>& nodes) {
  Json list = Json::array();
  for (const ShownNode& node : nodes)
    list.push_back({{"id", bytes_json(node.id)},
                    {"ip", bytes_json(node.ip)},
                    {"port", node.port},
                    {"role", bytes_json(node.role)},
                    {"health", bytes_json(node.health)},
                    {"offset", node.offset}});
  return list;
}

std::vector<ShownNode> nodes_from(const Json& list) {
  std::vector<ShownNode> nodes;
  for (const Json& j : list)
    nodes.push_back({bytes_from(j.at("id")), bytes_from(j.at("ip")), j.at("port").get<int>(),
                     bytes_from(j.at("role")), bytes_from(j.at("health")),
                     j.at("offset").get<std::int64_t>()});
  return nodes;
}

}  // namespace

void to_json(Json& j, const FinalView& view) {
  Json slots = Json::array();
  for (const ShownRange& range : view.slots)
    slots.push_back({{"slots", ranges_json({range.slots})}, {"nodes", nodes_json(range.nodes)}});
  Json shards = Json::array();
  for (const ShownShard& shard : view.shards)
    shards.push_back({{"slots", ranges_json(shard.slots)}, {"nodes", nodes_json(shard.nodes)}});
  j = {{"node", view.node},
       {"error", bytes_json(view.error)},
       {"steady", view.steady},
       {"nodes", bytes_json(view.nodes)},
       {"info", bytes_json(view.info)},
       {"replication", bytes_json(view.replication)},
       {"slots", slots},
       {"has_shards", view.has_shards},
       {"shards", shards}};
}

void from_json(const Json& j, FinalView& view) {
  view = {};
  view.node = j.at("node").get<int>();
  view.error = bytes_from(j.at("error"));
  view.steady = j.at("steady").get<bool>();
  view.nodes = bytes_from(j.at("nodes"));
  view.info = bytes_from(j.at("info"));
  view.replication = bytes_from(j.at("replication"));
  for (const Json& range : j.at("slots"))
    view.slots.push_back({range_from(range.at("slots").at(0)), nodes_from(range.at("nodes"))});
  view.has_shards = j.at("has_shards").get<bool>();
  for (const Json& shard : j.at("shards")) {
    ShownShard shown;
    for (const Json& range : shard.at("slots")) shown.slots.push_back(range_from(range));
    shown.nodes = nodes_from(shard.at("nodes"));
    view.shards.push_back(std::move(shown));
  }
}

}  // namespace harness
