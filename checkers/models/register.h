// The register and the compare-and-set register, each key by the fastest exact algorithm that its operations
// allow: zones, chains, or the general search.
#pragma once

#include <string>

#include "checkers/common/model.h"
#include "harness/core/history.h"
#include "harness/core/verdict.h"

namespace harness {

/// Linearizability of every key of a history of read, write and cas (get and put mean read and write).
/// Options read: budget, initial, null_read_unconstrained, failed_cas_observed, cross_check.
/// Throws OperationRefused (findings.h) for an operation that a register does not have.
CheckResult check_linearizable_register(const History& history, const ModelOptions& options);

/// How many keys each algorithm decided.
struct RegisterTally {
  std::size_t zones = 0;
  std::size_t chains = 0;
  std::size_t searched = 0;
  std::uint64_t steps = 0;  // of searches
};
/// The same for a part of a history, all operations of some keys: adds to the tally, which is left out of the
/// explanation and of the measures, so that parts can be joined (parts.h).
CheckResult check_register_part(const History& history, const ModelOptions& options, RegisterTally& tally);
/// "Decided by zones (98 keys), search (2 keys)."
std::string algorithm_words(const RegisterTally& tally);

}  // namespace harness
