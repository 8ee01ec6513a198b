// Clients set keys that expire, each once, and read them before and after their time; some never expire.
// Reveals keys that expire early, come back, or live on, after a failover above all.
//
// In the history (key: "expiry:e17", written once):
//   write  [value, time to live in ms], or [value] that stays -> ok the same
//   read   nil -> ok the value, nil: absent
//   other  nil -> ok nil, by no node: the final phase waited until every key's time was up
#pragma once

#include <memory>
#include <span>

#include "harness/run/workload.h"

namespace harness {

std::span<const Parameter> expiry_options();
std::unique_ptr<Workload> make_expiry_workload(const WorkloadSetup& setup);

}  // namespace harness
