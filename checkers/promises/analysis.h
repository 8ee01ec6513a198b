// What a run's record says, worked out once and given to every checker: views, terms, bounds, the stall of
// the machine, failovers. It refers to the record, which must outlive it.
#pragma once

#include <vector>

#include "checkers/promises/bounds.h"
#include "checkers/promises/due_failovers.h"
#include "checkers/promises/failovers.h"
#include "checkers/promises/terms.h"
#include "checkers/promises/windows.h"
#include "harness/core/run_record.h"

namespace harness {

class Analysis {
 public:
  /// Implicit: whoever has a record alone may ask a checker about it.
  Analysis(const RunRecord& record);  // NOLINT(google-explicit-constructor)
  Analysis(const Analysis&) = delete;
  Analysis& operator=(const Analysis&) = delete;

  // In the order in which each rests on those before it.
  const RunRecord& run;
  std::vector<std::vector<const View*>> views;  // of each node, in order of time
  BoundsOverTime timed_bounds;
  Bounds bounds;  // of the whole run
  Nanos stall;    // by how much this machine, and looking seldom, stretch every bound
  Terms terms;
  Windows windows;
  std::vector<Failover> failovers;
  std::vector<DueFailover> due;

  /// Whether the node's process ended, or the node was seen not to answer, at some time of that span,
  /// whatever the reason: a node that crashes or hangs by itself has no fault to its name.
  bool was_silent(int node, Nanos from, Nanos until) const;
};

}  // namespace harness
