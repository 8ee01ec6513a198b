#include "harness/faults/faults.h"

#include "harness/faults/debug_segfault.h"
#include "harness/faults/kill.h"
#include "harness/faults/partition.h"
#include "harness/faults/pause.h"
#include "harness/faults/restart.h"

namespace harness {
namespace {

constexpr bool kHeals = true;
constexpr std::span<const Parameter> kNone;

constexpr Fault kFaults[] = {
    {"debug-segfault", "DEBUG SEGFAULT: the server crashes", "random-master", !kHeals, available_everywhere,
     inject_debug_segfault, kNone, EffectKind::kDown},
    {"kill", "SIGKILL: the server is gone at once", "random-master", !kHeals, available_everywhere,
     inject_kill, kNone, EffectKind::kDown},
    {"pause", "SIGSTOP, then SIGCONT: the server hangs", "random-master", kHeals, available_everywhere,
     inject_pause, kNone, EffectKind::kStopped},
    {"restart", "a dead server starts again with its own data and nodes.conf", "dead", !kHeals,
     available_everywhere, inject_restart, kNone, EffectKind::kStart},
    {"partition-one", "one node is cut off from everybody", "random-master", kHeals, needs_network,
     inject_partition_one, kNone, EffectKind::kCut},
    {"partition-minority", "one node and its clients are cut off from the rest", "random-master", kHeals,
     needs_network, inject_partition_minority, kNone, EffectKind::kCut},
    {"partition-halves", "half of the nodes and their clients are cut off from the rest", "random-master",
     kHeals, needs_network, inject_partition_halves, kNone, EffectKind::kCut},
    {"partition-one-way", "nobody hears one node, which hears everybody", "random-master", kHeals,
     needs_network, inject_partition_one_way, kNone, EffectKind::kCut},
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
