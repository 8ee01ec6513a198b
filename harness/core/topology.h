// One node's view of the cluster, as CLUSTER NODES, CLUSTER INFO and INFO replication tell it.
// Server replies are untrusted: parsing never throws on content; what cannot be understood is dropped and
// counted, and what is missing stays at its default.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/core/slot.h"

namespace harness {

enum NodeFlag : std::uint16_t {
  kFlagMyself = 1,
  kFlagMaster = 2,
  kFlagReplica = 4,
  kFlagPfail = 8,
  kFlagFail = 16,
  kFlagHandshake = 32,
  kFlagNoAddress = 64,
  kFlagNoFailover = 128,
};

/// One line of CLUSTER NODES.
struct TopologyNode {
  std::string id;  // 40 hex digits
  std::string ip;
  int port = 0;
  int bus_port = 0;
  std::uint16_t flags = 0;        // NodeFlag bits
  std::string master_id;          // empty for a master
  std::int64_t ping_sent_ms = 0;  // the observer's unix clock, 0: no ping pending
  std::int64_t pong_received_ms = 0;
  std::uint64_t config_epoch = 0;
  bool link_up = false;
  SlotRanges slots;
  std::vector<int> migrating;  // slots being moved away (on myself only)
  std::vector<int> importing;

  bool is(NodeFlag flag) const { return (flags & flag) != 0; }
};

/// The slots of one owner, in order, neighbours joined.
struct OwnedSlots {
  std::string owner;  // node id
  SlotRanges slots;
  friend bool operator==(const OwnedSlots&, const OwnedSlots&) = default;
};

/// Ranges and who owns each, by owner: two forms of one map are equal exactly when these are.
std::vector<OwnedSlots> by_owner(const std::vector<std::pair<SlotRange, std::string>>& ranges);

/// CLUSTER NODES as one node answered it.
struct Topology {
  std::vector<TopologyNode> nodes;
  int unparsed_lines = 0;

  const TopologyNode* myself() const;
  const TopologyNode* find(std::string_view id) const;
  /// The node that this view says serves the slot, or null.
  const TopologyNode* owner_of(int slot) const;
  std::vector<OwnedSlots> owned_slots() const;
  /// Equal in everything but the ping and pong times, which change at every look.
  bool same_view_as(const Topology& other) const;
};

Topology parse_cluster_nodes(std::string_view text);

/// CLUSTER INFO.
struct ClusterInfo {
  bool state_ok = false;
  int slots_assigned = 0;
  int slots_ok = 0;
  int slots_pfail = 0;
  int slots_fail = 0;
  int known_nodes = 0;
  int size = 0;
  std::uint64_t current_epoch = 0;
  std::uint64_t my_epoch = 0;
  friend bool operator==(const ClusterInfo&, const ClusterInfo&) = default;
};

ClusterInfo parse_cluster_info(std::string_view text);

/// One replica as its master lists it in INFO replication ("slave0:ip=…,port=…,state=…,offset=…,lag=…").
struct AttachedReplica {
  std::string ip;
  int port = 0;
  std::string state;  // "online" once synchronized
  std::int64_t offset = 0;
};

/// INFO replication (and run_id, process_id from INFO server when the text holds them).
struct ReplicationInfo {
  bool is_master = true;
  std::string master_ip;  // a replica's master
  int master_port = 0;
  bool link_up = false;           // a replica's master_link_status
  bool sync_in_progress = false;  // a replica's master_sync_in_progress
  std::string replication_id;     // master_replid
  std::string replicated_id;      // master_replid2: the stream a promoted replica had replicated; empty: none
  std::int64_t offset = 0;        // a master's master_repl_offset, a replica's slave_repl_offset
  std::vector<AttachedReplica> replicas;
  std::string run_id;  // changes at every process start
  int process_id = 0;
};

ReplicationInfo parse_info_replication(std::string_view text);

}  // namespace harness
