// Clients take identifiers from INCR.
// Reveals an identifier that is given twice: an increment that was acknowledged, and lost.
//
// In the history (key: the generator's name, "unique-ids:u1"):
//   generate  nil -> ok the identifier
#pragma once

#include <memory>
#include <span>

#include "harness/run/workload.h"

namespace harness {

std::span<const Parameter> unique_ids_options();
std::unique_ptr<Workload> make_unique_ids_workload(const WorkloadSetup& setup);

}  // namespace harness
