// Clients set keys that expire, each once, and read them before and after their time, at replicas too; some
// never expire, and some not before the run ends, so that copies can be asked when that will be. Reveals keys
// that expire early, come back, or live on, after a failover above all.
//
// In the history (key: "expiry:e17", written once):
//   write  [value, time to live in ms], or [value] that stays -> ok the same
//   read   nil -> ok the value, nil: absent
//   get    a number that chose the node -> as read, in READONLY mode
//   other  nil -> ok nil, by no node: the final phase waited until the time of the others was up
#pragma once

#include <memory>
#include <span>

#include "harness/run/workload.h"

namespace harness {

std::span<const Parameter> expiry_options();
std::unique_ptr<Workload> make_expiry_workload(const WorkloadSetup& setup);

}  // namespace harness
