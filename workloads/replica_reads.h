// Registers as of the workload register, and reads of replicas: over connections in READONLY mode at a random
// node, and some at a random node without READONLY, which only the master may answer. Reveals how old reads
// of replicas are, values that nobody wrote, reads that go back on one replica, and replicas that answer as
// masters do.
//
// In the history, beside read, write and cas as the workload register's:
//   get  [how the node was asked: 1 READONLY] -> ok the value, nil: absent; its node is who answered
#pragma once

#include <memory>
#include <span>

#include "harness/run/workload.h"

namespace harness {

std::span<const Parameter> replica_reads_options();
std::unique_ptr<Workload> make_replica_reads_workload(const WorkloadSetup& setup);

}  // namespace harness
