#include "server/cluster/state.h"

#include <algorithm>

namespace node::cluster {

Node* State::find(const NodeId& id) const {
  const auto it = by_id_.find(id);
  return it == by_id_.end() ? nullptr : it->second;
}

Node* State::find(std::string_view text) const {
  const auto id = NodeId::parse(text);
  return id ? find(*id) : nullptr;
}

Node& State::add(const NodeId& id, std::uint16_t flags, Ms now) {
  auto node = std::make_unique<Node>();
  node->id = id;
  node->flags = flags;
  node->created = now;
  by_id_[id] = node.get();
  nodes_.push_back(std::move(node));
  return *nodes_.back();
}

void State::rename(Node& node, const NodeId& id) {
  by_id_.erase(node.id);
  node.id = id;
  by_id_[id] = &node;
}

void State::remove(Node& node) {
  const auto concerns = [&node](const auto& entry) { return entry.second == &node; };
  std::erase_if(importing, concerns);
  std::erase_if(migrating, concerns);
  if (node.slot_count > 0)
    for (int slot = 0; slot < kSlotCount; ++slot)
      if (owner[slot] == &node) unassign(slot);
  for (Node* replica : node.replicas) replica->master = nullptr;
  if (node.master != nullptr) detach_replica(*node.master, node);
  for (const auto& other : nodes_)
    std::erase_if(other->reports, [&node](const FailureReport& report) { return report.reporter == &node; });
  by_id_.erase(node.id);
  std::erase_if(nodes_, [&node](const auto& entry) { return entry.get() == &node; });
}

bool State::assign(int slot, Node& node) {
  if (owner[slot] != nullptr) return false;
  ++ownership_changes;
  owner[slot] = &node;
  node.slots.set(slot);
  // A master that gains its first slot in a cluster with replicas is one that replicas may migrate to.
  if (++node.slot_count == 1 && masters_have_replicas()) node.flags |= flag::kMigrateTo;
  return true;
}

bool State::unassign(int slot) {
  Node* node = owner[slot];
  if (node == nullptr) return false;
  ++ownership_changes;
  owner[slot] = nullptr;
  node->slots.clear(slot);
  --node->slot_count;
  return true;
}

void State::attach_replica(Node& master, Node& replica) {
  if (std::find(master.replicas.begin(), master.replicas.end(), &replica) == master.replicas.end()) {
    master.replicas.push_back(&replica);
    master.flags |= flag::kMigrateTo;
  }
  replica.master = &master;
  replica.replaced = NodeId{};
}

void State::detach_replica(Node& master, Node& replica) {
  std::erase(master.replicas, &replica);
  if (master.replicas.empty()) master.flags &= static_cast<std::uint16_t>(~flag::kMigrateTo);
  if (replica.master == &master) replica.master = nullptr;
}

void State::close_all_slots() {
  migrating.clear();
  importing.clear();
}

std::uint64_t State::max_epoch() const {
  std::uint64_t max = current_epoch;
  for (const auto& node : nodes_) max = std::max(max, node->config_epoch);
  return max;
}

bool State::masters_have_replicas() const {
  return std::any_of(nodes_.begin(), nodes_.end(),
                     [](const auto& node) { return !node->is_replica() && !node->replicas.empty(); });
}

}  // namespace node::cluster
