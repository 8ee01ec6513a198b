// The builds that many runs will use are found, and compiled, before the first of them begins: a misspelt
// SPEC is no news for later.
#pragma once

#include <string>
#include <vector>

#include "harness/builds/server.h"
#include "harness/run/progress.h"
#include "harness/sandbox/sandbox.h"

namespace harness {

/// Thrown when an interrupt ends a compilation.
struct StoppedBuilding {};

/// The builds of a SPEC. They are compiled first if they must be, in a sandbox that takes the compilers away
/// when we are killed. Throws what resolve_server throws, and StoppedBuilding.
std::vector<Server> find_build(const std::string& spec, SandboxMode mode, bool quick, Progress& progress);

}  // namespace harness
