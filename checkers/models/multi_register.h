// Several registers that transactions read and write at once: linearizable as one object.
#pragma once

#include "checkers/common/model.h"
#include "harness/core/history.h"
#include "harness/core/verdict.h"

namespace harness {

/// Operations are txn with ["r", k, v] and ["w", k, v], as Knossos' multi-register. Registers that no
/// transaction ties together are judged apart (P-compositionality). options.initial: one JSON value for all
/// registers. Options read: budget, initial, null_read_unconstrained.
CheckResult check_multi_register(const History& history, const ModelOptions& options);

}  // namespace harness
