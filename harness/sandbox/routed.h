// The hosts of a sandbox with namespaces: one network namespace each, with a /32 address and one neighbour,
// the router, which is the body's own namespace. The entries for neighbours are permanent at both ends: two a
// host, and the kernel's limit (1024 for all namespaces together) does not count them. On one bridge every
// host would know every other.
#pragma once

#include "harness/sandbox/sandbox.h"

namespace harness {

/// REQUIRES: called inside run_in_sandbox's body (anywhere else it would change the machine's own network).
std::unique_ptr<Sandbox> make_routed_sandbox(SandboxMode mode);

}  // namespace harness
