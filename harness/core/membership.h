// Who is meant to belong to the cluster: what settling is judged by. The plan says how it begins;
// administration (a node added or removed, slots moved, a replica given to another master) changes it. A
// failover does not: the nodes of a shard may change their roles among themselves.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "harness/core/node_info.h"
#include "harness/core/time.h"

namespace harness {

/// A value. Node numbers are indices into RunRecord::nodes.
class Membership {
 public:
  Membership() = default;
  /// As the nodes are created: the spare ones are outside.
  explicit Membership(const std::vector<NodeInfo>& nodes);

  bool is_member(int node) const { return shard_of(node) >= 0; }
  /// The shard whose data the node is meant to hold; -1: it is no member.
  int shard_of(int node) const;
  std::vector<int> members() const;
  /// Every node of the shard, whatever its role.
  std::vector<int> nodes_of(int shard) const;
  const SlotRanges& slots_of(int shard) const { return slots_.at(static_cast<std::size_t>(shard)); }
  int shards() const { return static_cast<int>(slots_.size()); }

  int shards_with_slots() const;
  int assigned_slots() const;

  /// The node becomes a master without slots: a shard of its own, whose number is returned.
  int add_master(int node);
  /// The node becomes a replica in the shard of `master`. REQUIRES: that is a member.
  void add_replica(int node, int master);
  void remove(int node);
  /// The slots belong to the shard from now on, and to no other.
  void give(const SlotRanges& slots, int shard);
  /// The slots belong to nobody (DELSLOTS).
  void take_away(const SlotRanges& slots);

  friend bool operator==(const Membership&, const Membership&) = default;
  friend void to_json(nlohmann::json& j, const Membership& membership);
  friend void from_json(const nlohmann::json& j, Membership& membership);

 private:
  std::vector<int> shard_of_;      // by node
  std::vector<SlotRanges> slots_;  // by shard, in order
};

/// What was intended from then on.
struct Intention {
  Nanos since = 0;
  Membership membership;
};

void to_json(nlohmann::json& j, const Intention& intention);
void from_json(const nlohmann::json& j, Intention& intention);

}  // namespace harness
