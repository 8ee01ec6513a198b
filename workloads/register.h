// Clients read, write and compare-and-set registers, each value written at most once per key; some keys are
// written once and never again.
// Reveals lost and stale reads, split brains, and acknowledged writes lost in a failover.
//
// In the history (key: the register's name, "register:r17"; of those written once "register:o17"):
//   read   nil, or [n]: a node drawn by n is asked first, as with an old slot map -> ok the value, nil when
//          there is none. Of the writes as many go astray, by their value
//   write  value -> ok the value
//   cas    [expected, new] -> ok [expected, new]; fail without an error [expected, new, seen]: as good as a
//          read of `seen` (nil: there was none); fail with an error [expected, new]: nothing was seen
// Values are integers, unique in the load; a value of another kind was not written by it.
#pragma once

#include <memory>
#include <span>

#include "harness/run/workload.h"

namespace harness {

std::span<const Parameter> register_options();
std::unique_ptr<Workload> make_register_workload(const WorkloadSetup& setup);

}  // namespace harness
