// Clients step counters and read them; some counters are stepped once and never again.
// Reveals steps that are lost, counted twice, or seen before they happened.
//
// In the history (key: the counter's name, "counter:c4"; of those stepped once "counter:o17"):
//   incr  amount -> ok the new count, as INCRBY answered it
//   read  nil -> ok the count, nil when there is no counter (which counts as 0)
// Amounts are at least 1 unless the option `down` says otherwise; with step = 1 all are 1.
#pragma once

#include <memory>
#include <span>

#include "harness/run/workload.h"

namespace harness {

std::span<const Parameter> counter_options();
std::unique_ptr<Workload> make_counter_workload(const WorkloadSetup& setup);

}  // namespace harness
