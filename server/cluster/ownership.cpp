#include "server/cluster/ownership.h"

#include "server/cluster/bus.h"
#include "server/cluster/manual_failover.h"
#include "server/cluster/open_slots.h"

namespace node::cluster::ownership {
namespace {

/// What a claim did to the shard this node belongs to.
struct Losses {
  bool to_sender = false;  // our shard lost a slot to the sender
  int count = 0;
  std::vector<int> dirty;  // slots of myself with keys in them
};

/// The slots change hands one by one; a slot that is being imported here waits for SETSLOT, unless the
/// source's heir claims it.
Losses transfer(Context& c, Node& sender, std::uint64_t epoch, const SlotSet& claimed,
                const Node* shard_master) {
  State& s = c.state;
  Losses losses;
  claimed.for_each([&](int slot) {
    Node* owner = s.owner[slot];
    if (owner == &sender) return s.unclaimed_by_owner.clear(slot);
    const Node* source = s.importing_from(slot);
    if (source != nullptr && s.myself->is_master() && source->id != sender.replaced) return;
    const bool newer =
        s.unclaimed(slot) || owner->config_epoch < epoch || c.config.defects(Defect::kStaleClaimWins);
    if (!newer) return;
    if (owner == s.myself && c.host.keys_in_slot(slot) > 0) losses.dirty.push_back(slot);
    if (owner != nullptr && owner == shard_master) {
      losses.to_sender = true;
      ++losses.count;
    }
    unassign(c, slot);
    assign(c, slot, sender);
    s.unclaimed_by_owner.clear(slot);
    c.update_soon();
    c.save_soon();
  });
  sender.slots.for_each([&](int slot) {
    if (!claimed.test(slot)) s.unclaimed_by_owner.set(slot);
  });
  return losses;
}

}  // namespace

void apply_claim(Context& c, Node& sender, std::uint64_t epoch, const SlotSet& claimed) {
  if (c.is_me(&sender)) return;
  Node& me = c.me();
  Node* shard_master = me.is_master() ? &me : me.master;
  const Losses losses = transfer(c, sender, epoch, claimed, shard_master);
  const Node* replaced = sender.replaced.none() ? nullptr : c.state.find(sender.replaced);
  if (replaced != nullptr && replaced->slot_count == 0) open_slots::inherit(c, *replaced, sender);

  const bool may_move = c.config.allow_replica_migration || claimed.count() == losses.count;
  const bool stays = c.config.defects(Defect::kOldMasterStays) && me.is_master();
  if (losses.to_sender && shard_master->slot_count == 0 && may_move && !stays) {
    c.log(LogLevel::kWarning, "Configuration change detected. Reconfiguring myself as a replica of {}",
          sender.id.view());
    follow(c, sender);
  } else if (me.master != nullptr && me.master->master != nullptr && me.master->master != &me) {
    c.log(LogLevel::kWarning, "I'm a sub-replica! Reconfiguring myself as a replica of grandmaster {}",
          me.master->master->id.view());
    follow(c, *me.master->master);
  } else {
    for (int slot : losses.dirty) c.actions.push_back(DeleteKeysInSlot{slot});
    return;
  }
  c.update_soon();
  c.save_soon();
}

void correct_stale_claim(Context& c, Node& sender, std::uint64_t epoch, const SlotSet& claimed) {
  const Node* newer = nullptr;
  claimed.for_each([&](int slot) {
    const Node* owner = c.state.owner[slot];
    if (newer != nullptr || owner == &sender || c.state.unclaimed(slot)) return;
    if (owner->config_epoch > epoch) newer = owner;
  });
  if (newer == nullptr) return;
  c.log(LogLevel::kVerbose, "Node {} has old slots configuration, sending an UPDATE message about {}",
        sender.id.view(), newer->id.view());
  bus::send_update(c, sender.link, *newer);
}

void on_update(Context& c, const UpdateBody& update) {
  Node* owner = c.state.find(update.node);
  if (owner == nullptr || owner->config_epoch >= update.config_epoch || c.is_me(owner)) return;
  make_master(c, *owner);
  owner->config_epoch = update.config_epoch;
  learn_epoch(c, update.config_epoch);
  c.save_soon();
  apply_claim(c, *owner, update.config_epoch, update.slots);
}

void resolve_collision(Context& c, const Node& sender) {
  Node& me = c.me();
  if (sender.config_epoch != me.config_epoch || !sender.is_master() || !me.is_master()) return;
  if (c.strong && c.strong->founded()) return;  // epochs come from ballots alone, which are unique
  if (sender.id <= me.id || c.config.defects(Defect::kCollisionLeft)) return;
  me.config_epoch = ++c.state.current_epoch;
  c.save_synced();
  c.log(LogLevel::kVerbose, "WARNING: configEpoch collision with node {}. configEpoch set to {}",
        sender.id.view(), me.config_epoch);
}

bool bump_epoch(Context& c) {
  Node& me = c.me();
  const std::uint64_t max = c.state.max_epoch();
  if (me.config_epoch != 0 && me.config_epoch == max) return false;
  c.state.current_epoch = max + 1;
  me.config_epoch = c.state.current_epoch;
  c.save_synced();
  c.log(LogLevel::kWarning, "New configEpoch set to {}", me.config_epoch);
  return true;
}

void learn_epoch(Context& c, std::uint64_t epoch) {
  if (epoch <= c.state.current_epoch) return;
  c.state.current_epoch = epoch;
  c.save_soon();
}

void assign(Context& c, int slot, Node& node) {
  c.state.assign(slot, node);
}

void unassign(Context& c, int slot) {
  Node* owner = c.state.owner[slot];
  if (owner == nullptr) return;
  if (owner == &c.state.my_master()) c.actions.push_back(DropShardChannels{slot});
  c.state.unassign(slot);
}

int unassign_all(Context& c, Node& node) {
  const SlotSet slots = node.slots;
  slots.for_each([&c](int slot) { unassign(c, slot); });
  return slots.count();
}

void make_master(Context& c, Node& node) {
  if (node.is_master()) return;
  if (node.master != nullptr) {
    node.replaced = node.master->id;
    c.state.detach_replica(*node.master, node);
    if (!c.is_me(&node)) node.flags |= flag::kMigrateTo;
  }
  node.flags = static_cast<std::uint16_t>((node.flags & ~flag::kReplica) | flag::kMaster);
  node.master = nullptr;
  c.save_soon();
  c.update_soon();
}

void follow(Context& c, Node& master) {
  Node& me = c.me();
  if (&c.state.my_master() != &master) c.actions.push_back(DropForeignShardChannels{});
  if (c.strong) c.strong->resign();
  if (me.is_master()) {
    me.flags = static_cast<std::uint16_t>((me.flags & ~(flag::kMaster | flag::kMigrateTo)) | flag::kReplica);
    c.state.close_all_slots();
  } else if (me.master != nullptr) {
    // Its master's heir moves the same slots.
    if (me.master != &master && me.master->id != master.replaced) c.state.close_all_slots();
    c.state.detach_replica(*me.master, me);
  }
  c.state.attach_replica(master, me);
  c.following = !master.has(flag::kNoAddr);
  if (c.following) c.actions.push_back(ReplicateFrom{master.ip, master.port});
  manual_failover::reset(c);
}

}  // namespace node::cluster::ownership
