// Looking at a machine: everything that decides whether, and how well, a run goes here. Each room of the
// examination is a function of its own; nothing is changed on the machine.
#pragma once

#include <filesystem>
#include <vector>

#include "harness/doctor/finding.h"

namespace harness {

/// Namespaces, packet filter, traffic control, tun: tried for real.
/// REQUIRES: no second thread exists yet (run_in_sandbox).
std::vector<Finding> examine_sandbox();

/// Server programs on PATH, what compiling others takes, and Graphviz.
std::vector<Finding> examine_programs();

/// Memory, disk space where the store is, limits, cores.
/// `store` is where runs are kept; it need not exist yet.
std::vector<Finding> examine_resources(const std::filesystem::path& store);

/// All of it, in the order above.
std::vector<Finding> examine_machine(const std::filesystem::path& store);

/// Whether a default run is possible: nothing found is blocking.
bool is_ready(const std::vector<Finding>& findings);

}  // namespace harness
