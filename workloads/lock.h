// Clients take locks by SET NX PX with a fencing token from a counter beside it, hold them for a while, and
// release them if they still hold them; each by one script. In the end each counter is read.
// Reveals two holders at once, and tokens that go back.
//
// In the history (key: the lock's name, "lock:k1"):
//   acquire  [owner, time to live in ms] -> ok [owner, token]; fail without an error: somebody else held it
//   release  [owner] -> ok [owner]; fail without an error: it did not hold the lock any more
//   read     nil -> ok the last token; nil: none was given
#pragma once

#include <memory>
#include <span>

#include "harness/run/workload.h"

namespace harness {

std::span<const Parameter> lock_options();
std::unique_ptr<Workload> make_lock_workload(const WorkloadSetup& setup);

}  // namespace harness
