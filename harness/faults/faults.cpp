#include "harness/faults/faults.h"

#include "harness/faults/add_master.h"
#include "harness/faults/add_replica.h"
#include "harness/faults/bump_epoch.h"
#include "harness/faults/busy.h"
#include "harness/faults/client_pause.h"
#include "harness/faults/config_set.h"
#include "harness/faults/debug_segfault.h"
#include "harness/faults/debug_sleep.h"
#include "harness/faults/flush.h"
#include "harness/faults/forget_and_meet.h"
#include "harness/faults/kill.h"
#include "harness/faults/manual_failover.h"
#include "harness/faults/move_slots.h"
#include "harness/faults/partition.h"
#include "harness/faults/pause.h"
#include "harness/faults/rebalance.h"
#include "harness/faults/remove_node.h"
#include "harness/faults/replicate.h"
#include "harness/faults/restart.h"
#include "harness/faults/rolling_restart.h"
#include "harness/faults/script_flush.h"
#include "harness/faults/terminate.h"

namespace harness {
namespace {

constexpr bool kHeals = true;

constexpr Fault kFaults[] = {
    {"debug-segfault",
     "DEBUG SEGFAULT: the server crashes",
     "random-master",
     !kHeals,
     available_everywhere,
     inject_debug_segfault,
     {},
     EffectKind::kDown},
    {"kill",
     "SIGKILL: the server is gone at once",
     "random-master",
     !kHeals,
     available_everywhere,
     inject_kill,
     {},
     EffectKind::kDown},
    {"pause",
     "SIGSTOP, then SIGCONT: the server hangs",
     "random-master",
     kHeals,
     available_everywhere,
     inject_pause,
     {},
     EffectKind::kStopped},
    {"restart",
     "a dead server starts again with its own data and nodes.conf",
     "dead",
     !kHeals,
     available_everywhere,
     inject_restart,
     {},
     EffectKind::kStart},
    {"partition-one",
     "one node is cut off from everybody",
     "random-master",
     kHeals,
     needs_network,
     inject_partition_one,
     {},
     EffectKind::kCut},
    {"partition-minority",
     "one node and its clients are cut off from the rest",
     "random-master",
     kHeals,
     needs_network,
     inject_partition_minority,
     {},
     EffectKind::kCut},
    {"partition-halves",
     "half of the nodes and their clients are cut off from the rest",
     "random-master",
     kHeals,
     needs_network,
     inject_partition_halves,
     {},
     EffectKind::kCut},
    {"partition-one-way",
     "nobody hears one node, which hears everybody",
     "random-master",
     kHeals,
     needs_network,
     inject_partition_one_way,
     {},
     EffectKind::kCut},
    {"terminate",
     "SIGTERM: the server shuts down in order",
     "random-master",
     !kHeals,
     available_everywhere,
     inject_terminate,
     {},
     EffectKind::kDown},
    {"rolling-restart", "one node after another shuts down and starts again", "all", !kHeals,
     available_everywhere, inject_rolling_restart, kRollingRestartParameters, EffectKind::kDown},
    {"debug-sleep", "DEBUG SLEEP: the server hangs, and wakes up by itself", "random-master", kHeals,
     available_everywhere, inject_debug_sleep, kDebugSleepParameters, EffectKind::kStopped},
    {"busy",
     "an endless script, then SCRIPT KILL: the server serves nobody else",
     "random-master",
     kHeals,
     available_everywhere,
     inject_busy,
     {},
     EffectKind::kStopped},
    {"manual-failover", "CLUSTER FAILOVER: a replica becomes the master as an administrator wants it",
     "random-replica", !kHeals, available_everywhere, inject_manual_failover, kManualFailoverParameters,
     EffectKind::kHandover},
    {"move-slots", "slots go to another master, with their keys, under load", "random-master", !kHeals,
     available_everywhere, inject_move_slots, kMoveSlotsParameters, EffectKind::kMembership},
    {"rebalance", "every master gets about as many slots", "masters", !kHeals, available_everywhere,
     inject_rebalance, kRebalanceParameters, EffectKind::kMembership},
    {"add-master", "a spare node joins as a master and gets slots", "spare", !kHeals, available_everywhere,
     inject_add_master, kAddMasterParameters, EffectKind::kMembership},
    {"add-replica", "a spare node joins as a replica", "spare", !kHeals, available_everywhere,
     inject_add_replica, kAddReplicaParameters, EffectKind::kMembership},
    {"remove-node",
     "a node gives its slots away and leaves the cluster",
     "random-replica",
     !kHeals,
     available_everywhere,
     inject_remove_node,
     {},
     EffectKind::kMembership},
    {"replicate", "a replica is given to another master", "random-replica", !kHeals, available_everywhere,
     inject_replicate, kReplicateParameters, EffectKind::kMembership},
    {"forget-and-meet",
     "all others forget a node, and meet it again",
     "random-replica",
     kHeals,
     available_everywhere,
     inject_forget_and_meet,
     {},
     EffectKind::kMembership},
    {"bump-epoch",
     "CLUSTER BUMPEPOCH: a new config epoch without a vote",
     "random-master",
     !kHeals,
     available_everywhere,
     inject_bump_epoch,
     {},
     EffectKind::kConfig},
    {"config-set", "CONFIG SET, and back", "random", kHeals, available_everywhere, inject_config_set,
     kConfigSetParameters, EffectKind::kConfig},
    {"client-pause", "CLIENT PAUSE: clients wait", "random-master", kHeals, available_everywhere,
     inject_client_pause, kClientPauseParameters, EffectKind::kClients},
    {"flush", "FLUSHALL: the data is removed on purpose", "masters", !kHeals, available_everywhere,
     inject_flush, kFlushParameters, EffectKind::kData},
    {"script-flush",
     "SCRIPT FLUSH: scripts are forgotten",
     "masters",
     !kHeals,
     available_everywhere,
     inject_script_flush,
     {},
     EffectKind::kConfig},
};

}  // namespace

std::string available_everywhere(const Capabilities&) {
  return {};
}

std::string needs_network(const Capabilities& capabilities) {
  return capabilities.network
             ? std::string{}
             : "it needs network namespaces, which this machine (or --sandbox loopback) does not "
               "give: 'harness doctor' says what would enable them";
}

std::span<const Fault> faults() {
  return kFaults;
}

const Fault* find_fault(std::string_view name) {
  for (const Fault& fault : faults())
    if (fault.name == name) return &fault;
  return nullptr;
}

}  // namespace harness
