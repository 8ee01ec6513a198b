// Failovers that should have come: a master was lost for good reason and long enough, and somebody could have
// replaced it.
#pragma once

#include <vector>

#include "checkers/promises/terms.h"
#include "harness/core/run_record.h"
#include "harness/core/time.h"

namespace harness {

class Analysis;

/// A master that was lost for good reason and long enough, with a replica and a majority that could replace
/// it.
struct DueFailover {
  const FaultRecord* fault = nullptr;
  int node = -1;
  Nanos from = 0;   // surely lost by then
  Nanos until = 0;  // surely lost until then
  Nanos bound = 0;  // within this of `from` the failover was due
};
std::vector<DueFailover> due_failovers(const Analysis& analysis);

/// Of a cut: whether `node` and a majority of masters are apart in both directions, and that majority hears a
/// replica of the node.
bool isolates(const RunRecord& run, const FaultRecord& fault, int node, const std::vector<int>& masters,
              const std::vector<int>& replicas);

/// Nodes that were seen replicating from `node`, link up, by the last look before `time`.
std::vector<int> replicas_at(const RunRecord& run, const std::vector<std::vector<const View*>>& views,
                             int node, Nanos time);

}  // namespace harness
