// Replicas that give themselves to another master because that one has none (row 19).
#pragma once

#include "checkers/promises/analysis.h"
#include "harness/core/verdict.h"

namespace harness {

/// By the log of a replica that goes, and its own looks before: the master that it goes to was without a
/// working replica for five seconds, and its own master keeps as many as cluster-migration-barrier says.
void check_replica_moves(const Analysis& analysis, CheckResult& result);

}  // namespace harness
