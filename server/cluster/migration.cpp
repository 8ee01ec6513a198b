#include "server/cluster/migration.h"

#include <algorithm>

#include "server/cluster/ownership.h"

namespace node::cluster::migration {
namespace {

constexpr Ms kOrphanDelay = 5000;  // a failover in its own shard may still be going on
constexpr int kMinSpare = 2;       // working replicas the donor must have at least

int working_replicas(const Node& master) {
  return static_cast<int>(std::count_if(master.replicas.begin(), master.replicas.end(),
                                        [](const Node* r) { return !r->failed(); }));
}

struct Census {
  int orphans = 0;  // working masters with slots that had replicas and have no working one
  int most = 0;     // working replicas of the best covered working master
  int mine = 0;     // of my own master
};

Census count(const Context& c) {
  Census census;
  for (const auto& node : c.state.nodes()) {
    if (!node->is_master() || node->failed() || node->has(flag::kMyself | flag::kNoAddr | flag::kHandshake))
      continue;
    const int working = working_replicas(*node);
    if (working == 0 && node->slot_count > 0 && node->has(flag::kMigrateTo)) ++census.orphans;
    census.most = std::max(census.most, working);
    if (c.state.myself->master == node.get()) census.mine = working;
  }
  return census;
}

}  // namespace

void advance(Context& c) {
  Node& me = c.me();
  if (!c.config.allow_replica_migration || !me.is_replica() || me.master == nullptr || !c.state.ok) return;
  const Census census = count(c);
  if (census.orphans == 0 || census.most < kMinSpare || census.mine != census.most) return;
  if (working_replicas(*me.master) <= c.config.migration_barrier) return;

  // Of all replicas of the best covered masters the one with the smallest id moves: all agree on it without a
  // word.
  Node* target = nullptr;
  const Node* candidate = &me;
  for (const auto& node : c.state.nodes()) {
    const int working = node->is_master() ? working_replicas(*node) : 0;
    const bool orphaned =
        !node->is_replica() && !node->failed() && node->has(flag::kMigrateTo) && working == 0;
    if (!orphaned) {
      node->orphaned_time = 0;
    } else {
      if (target == nullptr && node->slot_count > 0) target = node.get();
      if (node->orphaned_time == 0) node->orphaned_time = c.now;
    }
    if (working == census.most)
      for (const Node* replica : node->replicas)
        if (replica->id < candidate->id) candidate = replica;
  }
  if (target == nullptr || candidate != &me || c.now - target->orphaned_time <= kOrphanDelay) return;
  c.log(LogLevel::kWarning, "Migrating to orphaned master {}", target->id.view());
  ownership::follow(c, *target);
  c.save_soon();
}

}  // namespace node::cluster::migration
