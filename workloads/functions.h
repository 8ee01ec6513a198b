// Clients write all keys of a group in one slot by a function with several writes (FCALL; some by EVAL), and
// read them by MGET, on replicas too. Reveals calls that take effect in part, on the master or on a replica.
//
// In the history (key: the group's tag, "functions:g1"): write, read and get as of multi-slot, and
//   other  nil -> ok nil: the library was loaded at the master of the key's slot (set-up)
#pragma once

#include <memory>
#include <span>

#include "harness/run/workload.h"

namespace harness {

std::span<const Parameter> functions_options();
std::unique_ptr<Workload> make_functions_workload(const WorkloadSetup& setup);

}  // namespace harness
