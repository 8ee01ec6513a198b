// The hosts of a sandbox with namespaces: one network namespace each, a veth pair to one bridge.
#pragma once

#include "harness/sandbox/sandbox.h"

namespace harness {

/// REQUIRES: called inside run_in_sandbox's body (anywhere else it would change the machine's own network).
std::unique_ptr<Sandbox> make_bridged_sandbox(SandboxMode mode);

}  // namespace harness
