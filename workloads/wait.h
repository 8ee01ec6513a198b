// Clients write registers and then WAIT for replicas, or WAITAOF for files; others read.
// Reveals writes that are lost although replicas acknowledged them, and replies of WAIT that cannot be true.
//
// In the history (key: "wait:r1", "waitaof:r1"; "wait:o17" is written once):
//   write  value -> ok [value, replicas that acknowledged], of WAITAOF [value, replicas, files of its own];
//   the
//          value alone: the write was acknowledged, and WAIT got no answer, or is not known to the server
//   read   nil -> ok the value, nil: absent
#pragma once

#include <memory>
#include <span>

#include "harness/run/workload.h"

namespace harness {

std::span<const Parameter> wait_options();
std::span<const Parameter> waitaof_options();
std::unique_ptr<Workload> make_wait_workload(const WorkloadSetup& setup);
std::unique_ptr<Workload> make_waitaof_workload(const WorkloadSetup& setup);

}  // namespace harness
