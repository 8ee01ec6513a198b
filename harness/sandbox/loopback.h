// The sandbox where no namespaces are allowed: every host is 127.0.0.1, so there are process faults only.
#pragma once

#include "harness/sandbox/sandbox.h"

namespace harness {

std::unique_ptr<Sandbox> make_loopback_sandbox();

}  // namespace harness
