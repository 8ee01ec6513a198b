#include "harness/cluster/roles.h"

#include <algorithm>

#include "harness/core/check.h"

namespace harness {
namespace {

bool serves(const TopologyNode& node, int slot) {
  return std::any_of(node.slots.begin(), node.slots.end(),
                     [&](const SlotRange& range) { return range.contains(slot); });
}

/// The claim with the greatest config epoch so far.
struct BestClaim {
  std::optional<int> node;
  std::uint64_t epoch = 0;
  void offer(int number, std::uint64_t config_epoch) {
    if (node && config_epoch <= epoch) return;
    node = number;
    epoch = config_epoch;
  }
};

}  // namespace

Roles::Roles(std::vector<View> views, std::vector<NodeInfo> nodes)
    : views_(std::move(views)), nodes_(std::move(nodes)) {
  CHECK_THAT_HOLDS(views_.size() == nodes_.size(), "one view a node");
}

int Roles::number_of(std::string_view id) const {
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    if (!id.empty() && nodes_[i].id == id) return static_cast<int>(i);
  return -1;
}

std::optional<int> Roles::master_of_slot(int slot) const {
  BestClaim own;
  BestClaim hearsay;
  for (std::size_t i = 0; i < views_.size(); ++i) {
    const TopologyNode* self = views_[i].topology.myself();
    if (self && self->is(kFlagMaster) && serves(*self, slot))
      own.offer(static_cast<int>(i), self->config_epoch);
    const TopologyNode* named = views_[i].topology.owner_of(slot);
    if (named && number_of(named->id) >= 0) hearsay.offer(number_of(named->id), named->config_epoch);
  }
  // A node that was cut off may still claim what the others know to be another's by now.
  if (own.node && own.epoch >= hearsay.epoch) return own.node;
  return hearsay.node;
}

std::vector<int> Roles::masters() const {
  std::vector<int> found;
  for (std::size_t i = 0; i < views_.size(); ++i) {
    const TopologyNode* self = views_[i].topology.myself();
    if (self && self->is(kFlagMaster) && !self->slots.empty()) found.push_back(static_cast<int>(i));
  }
  return found;
}

std::vector<int> Roles::replicas_of(int master) const {
  std::vector<int> found;
  for (std::size_t i = 0; i < views_.size(); ++i) {
    const TopologyNode* self = views_[i].topology.myself();
    if (self && self->is(kFlagReplica) && number_of(self->master_id) == master)
      found.push_back(static_cast<int>(i));
  }
  return found;
}

std::vector<int> Roles::synchronized_replicas_of(int master) const {
  std::vector<int> found = replicas_of(master);
  std::erase_if(found, [&](int replica) { return !view(replica).replication.link_up; });
  return found;
}

}  // namespace harness
