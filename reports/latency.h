// How long acknowledged operations took: in all, and before, during and after each fault.
#pragma once

#include <vector>

#include "harness/core/run_record.h"

namespace harness::reporting {

/// Of acknowledged operations, invocation to answer. Zeros when there is none.
struct Quantiles {
  std::size_t operations = 0;
  Nanos p50 = 0;
  Nanos p99 = 0;
  Nanos p999 = 0;
  Nanos max = 0;
};

/// Before: since the fault before it was over (or the load began). After: until the next one (or the load's
/// end). Operations count where they were invoked.
struct FaultLatency {
  Quantiles before;
  Quantiles during;
  Quantiles after;
};

struct Latency {
  Quantiles all;
  std::vector<FaultLatency> per_fault;  // as RunRecord::faults
};

Latency measure_latency(const RunRecord& record);

}  // namespace harness::reporting
