// Who is what when the cluster has just been created: what a plan's first step acts on, known beforehand.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/node_info.h"
#include "harness/core/plan.h"

namespace harness {

class Creation {
 public:
  explicit Creation(const ClusterPlan& plan);

  /// The node that a target names for certain (n3; master-of-slot 42); null: another form, several, or none.
  const NodeInfo* named(std::string_view target) const;
  bool is_replica(const NodeInfo& node) const { return !node.master && !node.spare; }
  bool has_replicas(const NodeInfo& master) const;
  /// "n4 is a replica of n1"
  std::string replica_words(const NodeInfo& replica) const;
  /// Whether each master that serves slots has a replica.
  bool every_master_has_replicas() const;

 private:
  std::vector<NodeInfo> nodes_;
};

}  // namespace harness
