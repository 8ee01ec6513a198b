// What strong mode agrees about: for each shard a register whose value is a Record. STRONG.md is the
// protocol.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/cluster/node_id.h"

namespace node::cluster::strong {

/// A node with the data that it has now. Who loses its data, or takes over another's, begins a new life: what
/// was promised about the old one does not count for it.
struct Copy {
  NodeId node;
  std::uint64_t life = 0;  // in a record: 0 stands for any, which only the founding record has
  friend auto operator<=>(const Copy&, const Copy&) = default;

  /// "<node>:<life>", as replicas tell it to their master.
  std::string text() const { return node.str() + ":" + std::to_string(life); }
  static std::optional<Copy> parse(std::string_view text);
};

/// A later ballot's records follow an earlier one's; within a ballot its one holder counts the steps.
struct Version {
  std::uint64_t epoch = 0;
  std::uint64_t step = 0;
  friend auto operator<=>(const Version&, const Version&) = default;
};

/// Who is the master of a shard, and which copies have everything that was ever acknowledged.
struct Record {
  Version version;
  NodeId master;
  std::vector<Copy> in_sync;

  /// Whether a node with data of this life may become the master.
  bool admits(const Copy& copy) const {
    return std::any_of(in_sync.begin(), in_sync.end(), [&copy](const Copy& c) {
      return c.node == copy.node && (c.life == copy.life || c.life == 0);
    });
  }
  friend bool operator==(const Record&, const Record&) = default;
};

}  // namespace node::cluster::strong
