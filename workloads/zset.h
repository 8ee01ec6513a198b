// Clients put unique members with ranks into sorted sets (ZADD) and take the lowest (ZPOPMIN, some by
// BZPOPMIN): priority queues. In the end they are drained. Reveals members that are lost, given out twice, or
// taken before one of a lower rank.
//
// In the history (key: the name of the sorted set, "zset:z1"; "zset:o17" takes one member and is only
// drained):
//   enqueue  [member, rank] -> ok [member, rank]
//   dequeue  nil, or how long it may block in ms -> ok [member, rank], nil when there was none
#pragma once

#include <memory>
#include <span>

#include "harness/run/workload.h"

namespace harness {

std::span<const Parameter> zset_options();
std::unique_ptr<Workload> make_zset_workload(const WorkloadSetup& setup);

}  // namespace harness
