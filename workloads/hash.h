// Clients read, write and compare-and-set the fields of hashes, each field a register of its own; now and
// then a read fetches the whole hash. Reveals lost and stale fields, and hashes of which a part came back.
//
// In the history (key: hash and field, "{hash:h3}.f2"; of those written once "{hash:o17}.f0"): as a register
// (workloads/register.h). The part in braces is the key of the hash, what follows the point is the field.
#pragma once

#include <memory>
#include <span>

#include "harness/run/workload.h"

namespace harness {

std::span<const Parameter> hash_options();
std::unique_ptr<Workload> make_hash_workload(const WorkloadSetup& setup);

}  // namespace harness
