// How one node describes the cluster in the end, in each of the forms that clients ask for: NODES, SLOTS,
// SHARDS and INFO. They must agree with each other. Untrusted: what a reply lacks stays at its default.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "harness/core/slot.h"

namespace harness {

/// A node as a line of CLUSTER SLOTS or SHARDS has it. A line of SLOTS tells neither role, health nor offset.
struct ShownNode {
  std::string id;
  std::string ip;
  int port = 0;
  std::string role;    // "master" or "replica"
  std::string health;  // "online", "fail", "loading"
  std::int64_t offset = 0;
};

/// One range of CLUSTER SLOTS: its master first.
struct ShownRange {
  SlotRange slots;
  std::vector<ShownNode> nodes;
};

/// One shard of CLUSTER SHARDS.
struct ShownShard {
  SlotRanges slots;
  std::vector<ShownNode> nodes;
};

struct FinalView {
  int node = 0;
  std::string error;        // why there is none; everything else is empty then
  bool steady = true;       // the same was seen a while before; else the node was still changing its mind
  std::string nodes;        // CLUSTER NODES, as it came
  std::string info;         // CLUSTER INFO, as it came
  std::string replication;  // INFO replication, commandstats and errorstats, as it came
  std::vector<ShownRange> slots;
  bool has_shards = false;  // its make has CLUSTER SHARDS
  std::vector<ShownShard> shards;
};

void to_json(nlohmann::json& j, const FinalView& view);
void from_json(const nlohmann::json& j, FinalView& view);

}  // namespace harness
