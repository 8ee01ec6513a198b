// Long fork: two reads that saw two independent writes in opposite orders (allowed by parallel snapshot
// isolation, forbidden by snapshot isolation; Sovran et al. 2011).
#pragma once

#include "checkers/common/model.h"
#include "harness/core/history.h"
#include "harness/core/verdict.h"

namespace harness {

/// Transactions write one register, each register once, or read a group of them (Jepsen's long-fork). Reads
/// of one group must be totally ordered by what they saw.
CheckResult check_long_fork(const History& history, const ModelOptions& options);

}  // namespace harness
