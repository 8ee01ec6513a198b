// The builds that many runs will use are found, and compiled, before the first of them begins: a misspelt
// SPEC is no news for later.
#pragma once

#include <string>

#include "harness/run/progress.h"
#include "harness/sandbox/sandbox.h"

namespace harness {

/// Thrown when an interrupt ends a compilation.
struct StoppedBuilding {};

/// The build of a SPEC in words. It is compiled first if it must be, in a sandbox that takes the compilers
/// away when we are killed. Throws what resolve_server throws, and StoppedBuilding.
std::string find_build(const std::string& spec, SandboxMode mode, bool quick, Progress& progress);

}  // namespace harness
