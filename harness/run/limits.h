// What a run takes of the limits that its process has (`ulimit`): asked before it begins, not met in its
// midst.
#pragma once

#include "harness/core/plan.h"

namespace harness {

/// What the harness itself takes, at most: a connection of each process to each master, and what it reads and
/// writes of every node.
std::uint64_t open_files_of(const Plan& plan);
/// Bytes of address space; most of it is reserved for threads, and never used.
std::uint64_t address_space_of(const Plan& plan);

/// Raises the soft limit of open files as far as the run needs. Throws EnvironmentError when a hard limit is
/// too low, with what would do.
void require_limits(const Plan& plan);

}  // namespace harness
