// Clients add unique elements to sets and read them whole. A set takes so many elements and then no more:
// another one takes its place, and it is only read from then on.
// Reveals acknowledged adds that are lost, and adds that come and go.
//
// In the history (key: the set's name, "{set:s3}.0"):
//   add   element -> ok element (SADD answered 1)
//   remove  element -> ok element (SREM answered 1); fail without an error: it was not there
//   read  nil -> ok [elements], in increasing order; [] when there is no set
// Elements are integers, unique in the load.
#pragma once

#include <memory>
#include <span>

#include "harness/run/workload.h"

namespace harness {

std::span<const Parameter> set_options();
std::unique_ptr<Workload> make_set_workload(const WorkloadSetup& setup);

}  // namespace harness
