// A fault: one disruption of the cluster, verified to have taken effect and verified to be gone again.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/cluster/cluster.h"
#include "harness/core/clock.h"
#include "harness/core/prng.h"
#include "harness/core/run_record.h"
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
};

/// A fault in force. Destroying it heals, so that no exception leaves a partition behind.
class ActiveFault {
 public:
  virtual ~ActiveFault() = default;
  /// Ends the fault and verifies that it is gone: sets heal_requested, healed and, on trouble, error.
  /// Idempotent.
  virtual void heal(FaultRecord& record) = 0;
};

/// One line of the table of faults.
struct Fault {
  std::string_view name;
  std::string_view description;
  std::string_view default_target;
  bool needs_network;  // works only where hosts have a network of their own
  bool heals;          // lasts until healed; else it is an event (a crash, a restart)
  /// Acts on the nodes that `target` names now (target.h) and fills the record: nodes, description,
  /// requested, active with the evidence, or error when it did not take effect. Null when there is nothing to
  /// heal.
  std::unique_ptr<ActiveFault> (*inject)(FaultContext&, std::string_view target, FaultRecord&);
};

}  // namespace harness
