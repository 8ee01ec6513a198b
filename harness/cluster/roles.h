// Who is what at one moment, by the word of each reachable node itself: what faults aim by.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "harness/core/run_record.h"

namespace harness {

/// A value. Node numbers are indices into RunRecord::nodes.
class Roles {
 public:
  /// `views`: one a node, in order of node number; `nodes`: the nodes as created.
  Roles(std::vector<View> views, std::vector<NodeInfo> nodes);

  /// The node that serves the slot: of all that claim it for themselves, the greatest config epoch
  /// (checkers/PROMISES.md 13). When its owner cannot be reached: whom the others name. Nothing when nobody
  /// is named.
  std::optional<int> master_of_slot(int slot) const;
  /// Reachable nodes that call themselves master and serve slots.
  std::vector<int> masters() const;
  /// Reachable nodes that call themselves replica of this node.
  std::vector<int> replicas_of(int master) const;
  /// The replicas of it that its data would survive in: synchronized (link up).
  std::vector<int> synchronized_replicas_of(int master) const;
  bool reachable(int node) const { return views_[static_cast<std::size_t>(node)].reachable; }
  const View& view(int node) const { return views_[static_cast<std::size_t>(node)]; }
  const std::vector<View>& views() const { return views_; }

 private:
  int number_of(std::string_view id) const;
  std::vector<View> views_;
  std::vector<NodeInfo> nodes_;
};

}  // namespace harness
