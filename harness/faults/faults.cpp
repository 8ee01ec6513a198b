#include "harness/faults/faults.h"

#include "harness/faults/bus/bus_delay.h"
#include "harness/faults/bus/bus_drop.h"
#include "harness/faults/bus/bus_duplicate.h"
#include "harness/faults/bus/bus_reorder.h"
#include "harness/faults/clock/clock_skew.h"
#include "harness/faults/clock/clock_step.h"
#include "harness/faults/clock/clock_strobe.h"
#include "harness/faults/disk/disk_error.h"
#include "harness/faults/disk/disk_full.h"
#include "harness/faults/disk/disk_slow.h"
#include "harness/faults/disk/file_bitflip.h"
#include "harness/faults/disk/file_restore.h"
#include "harness/faults/disk/file_torn.h"
#include "harness/faults/disk/file_truncate.h"
#include "harness/faults/disk/power_loss.h"
#include "harness/faults/disk/short_write.h"
#include "harness/faults/membership/add_master.h"
#include "harness/faults/membership/add_replica.h"
#include "harness/faults/membership/bump_epoch.h"
#include "harness/faults/membership/forget_and_meet.h"
#include "harness/faults/membership/impossible.h"
#include "harness/faults/membership/manual_failover.h"
#include "harness/faults/membership/migrate_then_cut.h"
#include "harness/faults/membership/migrate_then_kill.h"
#include "harness/faults/membership/migrate_then_pause.h"
#include "harness/faults/membership/move_slots.h"
#include "harness/faults/membership/rebalance.h"
#include "harness/faults/membership/remove_node.h"
#include "harness/faults/membership/replicate.h"
#include "harness/faults/network/cut_bus.h"
#include "harness/faults/network/cut_clients.h"
#include "harness/faults/network/cut_link.h"
#include "harness/faults/network/cut_port.h"
#include "harness/faults/network/half_open.h"
#include "harness/faults/network/packet_corrupt.h"
#include "harness/faults/network/packet_delay.h"
#include "harness/faults/network/packet_duplicate.h"
#include "harness/faults/network/packet_loss.h"
#include "harness/faults/network/packet_reorder.h"
#include "harness/faults/network/partition.h"
#include "harness/faults/network/partition_bridge.h"
#include "harness/faults/network/partition_ring.h"
#include "harness/faults/network/rate_limit.h"
#include "harness/faults/network/reset.h"
#include "harness/faults/process/busy.h"
#include "harness/faults/process/change_build.h"
#include "harness/faults/process/cpu.h"
#include "harness/faults/process/debug_segfault.h"
#include "harness/faults/process/debug_sleep.h"
#include "harness/faults/process/kill.h"
#include "harness/faults/process/pause.h"
#include "harness/faults/process/restart.h"
#include "harness/faults/process/rolling_restart.h"
#include "harness/faults/process/terminate.h"
#include "harness/faults/settings/acl_change.h"
#include "harness/faults/settings/announce_change.h"
#include "harness/faults/settings/client_pause.h"
#include "harness/faults/settings/config_set.h"
#include "harness/faults/settings/flush.h"
#include "harness/faults/settings/memory.h"
#include "harness/faults/settings/port_change.h"
#include "harness/faults/settings/script_flush.h"

namespace harness {
namespace {

constexpr bool kHeals = true;
constexpr Gear kDiskGate{.disk_gate = true};
constexpr Gear kFakeClock{.fake_clock = true};

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
    {"rolling-restart",
     "one node after another shuts down and starts again",
     "all",
     !kHeals,
     available_everywhere,
     inject_rolling_restart,
     kRollingRestartParameters,
     EffectKind::kDown,
     no_problem,
     {},
     true},
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
    {"manual-failover",
     "CLUSTER FAILOVER: a replica becomes the master as an administrator wants it",
     "random-replica",
     !kHeals,
     available_everywhere,
     inject_manual_failover,
     kManualFailoverParameters,
     EffectKind::kHandover,
     no_problem,
     {},
     false,
     why_no_handover},
    {"move-slots",
     "slots go to another master, with their keys, under load",
     "random-master",
     !kHeals,
     available_everywhere,
     inject_move_slots,
     kMoveSlotsParameters,
     EffectKind::kMembership,
     no_problem,
     {},
     false,
     why_no_move},
    {"migrate-then-kill",
     "a slot is being moved, and its source, target or a replica of them dies",
     "random-master",
     kHeals,
     available_everywhere,
     inject_migrate_then_kill,
     kMigrateThenParameters,
     EffectKind::kDown,
     no_problem,
     {},
     false,
     why_no_move},
    {"migrate-then-pause",
     "a slot is being moved, and its source, target or a replica of them hangs",
     "random-master",
     kHeals,
     available_everywhere,
     inject_migrate_then_pause,
     kMigrateThenParameters,
     EffectKind::kStopped,
     no_problem,
     {},
     false,
     why_no_move},
    {"migrate-then-cut",
     "a slot is being moved, and its source, target or a replica of them is cut off",
     "random-master",
     kHeals,
     needs_network,
     inject_migrate_then_cut,
     kMigrateThenParameters,
     EffectKind::kCut,
     no_problem,
     {},
     false,
     why_no_move},
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
    {"replicate",
     "a replica is given to another master",
     "random-replica",
     !kHeals,
     available_everywhere,
     inject_replicate,
     kReplicateParameters,
     EffectKind::kMembership,
     no_problem,
     {},
     false,
     why_no_replication},
    {"forget-and-meet",
     "all others forget a node, and meet it again",
     "random-replica",
     kHeals,
     available_everywhere,
     inject_forget_and_meet,
     {},
     EffectKind::kMembership,
     no_problem,
     {},
     false,
     why_not_forgotten},
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
    {"acl-change", "ACL SETUSER: clients lose some commands, and get them back", "random-master", kHeals,
     available_everywhere, inject_acl_change, kAclChangeParameters, EffectKind::kClients},
    {"announce-change", "a node announces another host name, and the old one again", "random", kHeals,
     available_everywhere, inject_announce_change, kAnnounceChangeParameters, EffectKind::kConfig},
    {"port-change", "a node takes connections at another port, and at the old one again", "random", kHeals,
     needs_network, inject_port_change, kPortChangeParameters, EffectKind::kConfig},
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
    {"partition-ring",
     "each node sees a majority of the nodes, and no two see the same",
     "random-master",
     kHeals,
     needs_network,
     inject_partition_ring,
     {},
     EffectKind::kCut},
    {"partition-bridge",
     "two halves of the nodes see one node, and not each other",
     "random-master",
     kHeals,
     needs_network,
     inject_partition_bridge,
     {},
     EffectKind::kCut},
    {"cut-link", "one node is not heard by one other", "random-master", kHeals, needs_network,
     inject_cut_link, kCutLinkParameters, EffectKind::kCut},
    {"cut-clients", "clients are cut off from one node", "random-master", kHeals, needs_network,
     inject_cut_clients, kCutClientsParameters, EffectKind::kCut},
    {"cut-bus", "one node's bus port is cut off, clients go on", "random-master", kHeals, needs_network,
     inject_cut_bus, kCutBusParameters, EffectKind::kCut},
    {"cut-port", "one node's client port is cut off, the bus goes on", "random-master", kHeals, needs_network,
     inject_cut_port, kCutPortParameters, EffectKind::kCut},
    {"half-open", "established connections are silently dead, new ones work", "random-master", kHeals,
     needs_network, inject_half_open, kHalfOpenParameters, EffectKind::kDegraded},
    {"reset", "established connections are reset", "random-master", !kHeals, needs_network, inject_reset,
     kResetParameters, EffectKind::kDegraded},
    {"packet-delay", "what passes one node's links comes late", "random-master", kHeals, needs_network,
     inject_packet_delay, kPacketDelayParameters, EffectKind::kDegraded},
    {"packet-loss", "some of what passes one node's links is lost", "random-master", kHeals, needs_network,
     inject_packet_loss, kPacketLossParameters, EffectKind::kDegraded},
    {"packet-duplicate", "some of what passes one node's links comes twice", "random-master", kHeals,
     needs_network, inject_packet_duplicate, kPacketDuplicateParameters, EffectKind::kDegraded},
    {"packet-reorder", "some of what passes one node's links is overtaken", "random-master", kHeals,
     needs_network, inject_packet_reorder, kPacketReorderParameters, EffectKind::kDegraded},
    {"packet-corrupt", "some of what passes one node's links is damaged", "random-master", kHeals,
     needs_network, inject_packet_corrupt, kPacketCorruptParameters, EffectKind::kDegraded},
    {"rate-limit", "one node's links carry no more than a rate", "random-master", kHeals, needs_network,
     inject_rate_limit, kRateLimitParameters, EffectKind::kDegraded},
    {"bus-drop", "messages of the cluster bus, by type, do not arrive", "random-master", kHeals,
     needs_network, inject_bus_drop, kBusDropParameters, EffectKind::kBus, problem_with_bus},
    {"bus-delay", "messages of the cluster bus, by type, come late, and others overtake them",
     "random-master", kHeals, needs_network, inject_bus_delay, kBusDelayParameters, EffectKind::kBus,
     problem_with_bus},
    {"bus-duplicate", "messages of the cluster bus, by type, come twice", "random-master", kHeals,
     needs_network, inject_bus_duplicate, kBusDuplicateParameters, EffectKind::kBus, problem_with_bus},
    {"bus-reorder", "messages of the cluster bus, by type, are overtaken by the next one on their link",
     "random-master", kHeals, needs_network, inject_bus_reorder, kBusReorderParameters, EffectKind::kBus,
     problem_with_bus},
    {"file-truncate", "a file of a node is cut short while the node is down", "random-master", !kHeals,
     available_everywhere, inject_file_truncate, kFileTruncateParameters, EffectKind::kDisk,
     problem_with_place},
    {"file-torn", "zeros stand in a file of a node where blocks never reached the disk", "random-master",
     !kHeals, available_everywhere, inject_file_torn, kFileTornParameters, EffectKind::kDisk,
     problem_with_place},
    {"file-bitflip", "bits of a file of a node are flipped while the node is down", "random-master", !kHeals,
     available_everywhere, inject_file_bitflip, kFileBitflipParameters, EffectKind::kDisk,
     problem_with_place},
    {"file-restore", "a node starts again with an older copy of a file", "random-master", !kHeals,
     available_everywhere, inject_file_restore, kFileRestoreParameters, EffectKind::kDisk},
    {"disk-full", "no space is left: what a node writes is refused", "random-master", kHeals, needs_disk_gate,
     inject_disk_full, kDiskFullParameters, EffectKind::kDisk, no_problem, kDiskGate},
    {"disk-error", "the disk fails: what a node syncs or writes is refused", "random-master", kHeals,
     needs_disk_gate, inject_disk_error, kDiskErrorParameters, EffectKind::kDisk, no_problem, kDiskGate},
    {"disk-slow", "the disk is slow: a sync or a write takes so long", "random-master", kHeals,
     needs_disk_gate, inject_disk_slow, kDiskSlowParameters, EffectKind::kDisk, no_problem, kDiskGate},
    {"short-write", "only the first bytes of what a node appends are written", "random-master", kHeals,
     needs_disk_gate, inject_short_write, kShortWriteParameters, EffectKind::kDisk, no_problem, kDiskGate},
    {"power-loss", "the power goes at all nodes at once: what was not synced is lost", "all", !kHeals,
     needs_disk_gate, inject_power_loss, kPowerLossParameters, EffectKind::kDisk, no_problem, kDiskGate},
    {"cpu", "a node runs for a part of the time only", "random-master", kHeals, available_everywhere,
     inject_cpu, kCpuParameters, EffectKind::kLoad},
    {"memory", "maxmemory is lowered to what a node uses, and put back", "random-master", kHeals,
     available_everywhere, inject_memory, kMemoryParameters, EffectKind::kConfig},
    {"upgrade", "one node after another restarts as another build", "all", !kHeals, available_everywhere,
     inject_upgrade, kChangeBuildParameters, EffectKind::kConfig},
    {"downgrade", "one node after another restarts as an older build", "all", !kHeals, available_everywhere,
     inject_downgrade, kChangeBuildParameters, EffectKind::kConfig},
    {"clock-step", "a node's wall clock jumps", "random-master", kHeals, needs_fake_clock, inject_clock_step,
     kClockStepParameters, EffectKind::kClock, no_problem, kFakeClock},
    {"clock-skew", "a node's wall clock runs fast or slow", "random-master", kHeals, needs_fake_clock,
     inject_clock_skew, kClockSkewParameters, EffectKind::kClock, no_problem, kFakeClock},
    {"clock-strobe", "a node's wall clock jumps there and back, again and again", "random-master", kHeals,
     needs_fake_clock, inject_clock_strobe, kClockStrobeParameters, EffectKind::kClock, no_problem,
     kFakeClock},
};

}  // namespace

std::span<const Fault> faults() {
  return kFaults;
}

const Fault* find_fault(std::string_view name) {
  for (const Fault& fault : faults())
    if (fault.name == name) return &fault;
  return nullptr;
}

const Fault* fault_of(const StepPlan& step) {
  return step.kind == StepPlan::Kind::kFault ? find_fault(step.name) : nullptr;
}

Gear gear_of(const Plan& plan) {
  Gear gear;
  for (const StepPlan& step : plan.steps)
    if (const Fault* fault = fault_of(step)) {
      gear.disk_gate = gear.disk_gate || fault->gear.disk_gate;
      gear.fake_clock = gear.fake_clock || fault->gear.fake_clock;
    }
  return gear;
}

}  // namespace harness
