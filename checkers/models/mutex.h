// A lock: acquire and release, with fencing tokens where acquire returns one.
#pragma once

#include "checkers/common/model.h"
#include "harness/core/history.h"
#include "harness/core/verdict.h"

namespace harness {

/// Linearizability of each key's lock, as Knossos' mutex: acquire takes a free lock, release frees a held
/// one, whoever asks. When acquires return integers (fencing tokens), each must be greater than those before
/// it in the order. Options read: budget.
CheckResult check_mutex(const History& history, const ModelOptions& options);

}  // namespace harness
