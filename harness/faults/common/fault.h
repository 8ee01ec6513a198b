// A fault: one disruption of the cluster, verified to have taken effect and verified to be gone again.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/cluster/cluster.h"
#include "harness/cluster/creation.h"
#include "harness/core/clock.h"
#include "harness/core/prng.h"
#include "harness/core/run_record.h"
#include "harness/sandbox/bus_path.h"
#include "harness/sandbox/sandbox.h"

namespace harness {

/// What faults act on.
struct FaultContext {
  Cluster& cluster;
  Sandbox& sandbox;
  const RunClock& clock;
  Prng& prng;                         // for what a target leaves open
  std::vector<Host*> client_hosts;    // one a client group
  std::vector<int> previous_targets;  // node numbers that the fault before this one acted on
  std::function<bool()> stopped = [] { return false; };  // the run ends: a long injection shall break off
  BusPath* bus = nullptr;       // there when a step or a condition of the plan needs it
  std::optional<Nanos> hold{};  // how long it is wanted; nothing: that is open
};

/// A fault in force. Destroying it heals, so that no exception leaves a partition behind.
class ActiveFault {
 public:
  virtual ~ActiveFault() = default;
  /// Ends the fault and verifies that it is gone: sets heal_requested, healed and, on trouble, error.
  /// Idempotent.
  virtual void heal(FaultRecord& record) = 0;
};

/// What the machine and the builds under test allow.
struct Capabilities {
  bool network = false;    // hosts have a network of their own
  bool disk_gate = true;   // what servers ask of the disk can be answered by the harness (disk_gate.h)
  bool fake_clock = true;  // the library that shifts servers' wall clocks is there
  std::vector<Flavor> builds;
};

/// What a step of the plan asks of a fault.
struct FaultRequest {
  std::string_view target;
  const Parameters& with;  // complete, as the fault's schema has them
};

/// What nodes must have been started with for the fault. It costs something, so only runs that name the fault
/// have it.
struct Gear {
  bool disk_gate = false;
  bool fake_clock = false;
};

/// For `Fault::problem`: the schema says it all.
inline std::string no_problem(const Parameters&) {
  return {};
}

/// For `Fault::impossible`: what it acts on does not depend on who is what, or is not known beforehand.
inline std::string never_impossible(const FaultRequest&, const Creation&) {
  return {};
}

/// One line of the table of faults.
struct Fault {
  std::string_view name;
  std::string_view description;
  std::string_view default_target;
  bool heals;  // lasts until healed; else it is an event (a crash, a restart)
  /// Why it cannot be had here, with the mend; empty: it can.
  std::string (*unavailable)(const Capabilities&);
  /// Acts on the nodes that the target names now (target.h) and fills the record: nodes, effects,
  /// description, requested, active with the evidence, or error when it did not take effect. Null when there
  /// is nothing to heal.
  std::unique_ptr<ActiveFault> (*inject)(FaultContext&, const FaultRequest&, FaultRecord&);
  std::span<const Parameter> parameters{};
  /// What it does above all, known before it acts: random schedules ask it.
  EffectKind kind = EffectKind::kConfig;
  /// What the schema cannot say is wrong with the parameters; empty: nothing.
  std::string (*problem)(const Parameters&) = no_problem;
  Gear gear{};
  bool starts_again = false;  // of one that ends processes: that is part of it, no other step need do so
  /// Why it could never take hold, were it the first that happens to the cluster; empty: it could, or that is
  /// not known.
  std::string (*impossible)(const FaultRequest&, const Creation&) = never_impossible;
};

/// For `Fault::unavailable`: works everywhere; needs hosts with networks of their own.
std::string available_everywhere(const Capabilities&);
std::string needs_network(const Capabilities& capabilities);
std::string needs_disk_gate(const Capabilities& capabilities);
std::string needs_fake_clock(const Capabilities& capabilities);

}  // namespace harness
