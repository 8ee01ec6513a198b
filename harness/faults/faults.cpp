#include "harness/faults/faults.h"

#include "harness/faults/cut_bus.h"
#include "harness/faults/cut_clients.h"
#include "harness/faults/cut_link.h"
#include "harness/faults/cut_port.h"
#include "harness/faults/debug_segfault.h"
#include "harness/faults/half_open.h"
#include "harness/faults/kill.h"
#include "harness/faults/packet_corrupt.h"
#include "harness/faults/packet_delay.h"
#include "harness/faults/packet_duplicate.h"
#include "harness/faults/packet_loss.h"
#include "harness/faults/packet_reorder.h"
#include "harness/faults/partition.h"
#include "harness/faults/partition_bridge.h"
#include "harness/faults/partition_ring.h"
#include "harness/faults/pause.h"
#include "harness/faults/rate_limit.h"
#include "harness/faults/reset.h"
#include "harness/faults/restart.h"

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
     needs_network, inject_half_open, kHalfOpenParameters, EffectKind::kCut},
    {"reset", "established connections are reset", "random-master", !kHeals, needs_network, inject_reset,
     kResetParameters, EffectKind::kCut},
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
