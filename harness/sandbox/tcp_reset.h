// Resets of established TCP connections, by netlink (sock_diag's SOCK_DESTROY), in the network namespace of
// the calling thread.
#pragma once

#include "harness/sandbox/sandbox.h"

namespace harness::tcp_reset {

/// Ends every established connection that the rule names; the kernel tells its peer by a reset. Returns how
/// many. Throws EnvironmentError with the mend.
int reset(const ResetRule& rule);

}  // namespace harness::tcp_reset
