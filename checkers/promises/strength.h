// The checker "strength": did the run stress the server enough to conclude anything? It never finds the
// server guilty; a run that is too weak is unknown, never valid.
#pragma once

#include "checkers/common/checker.h"

namespace harness {

/// bound and measured have the same names: operations_min / operations, operations_during_fault_min, …
CheckResult check_strength(const Analysis& analysis, const CheckOptions& options);

}  // namespace harness
