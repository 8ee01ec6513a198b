// The register and the compare-and-set register, each key by the fastest exact algorithm that its operations
// allow: zones, chains, or the general search.
#pragma once

#include "checkers/models.h"
#include "harness/core/history.h"
#include "harness/core/verdict.h"

namespace harness {

/// Linearizability of every key of a history of read, write and cas (get and put mean read and write).
/// Options read: budget, initial, null_read_unconstrained, failed_cas_observed, cross_check.
/// Throws OperationRefused (findings.h) for an operation that a register does not have.
CheckResult check_linearizable_register(const History& history, const ModelOptions& options);

}  // namespace harness
