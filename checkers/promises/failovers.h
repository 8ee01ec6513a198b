// Failovers, found in the recorded views and logs, and the checker "failover": each was fast enough
// (checkers/PROMISES.md row 1), none was needless (row 3), and none that was due failed to come.
#pragma once

#include <vector>

#include "checkers/common/checker.h"
#include "checkers/promises/bounds.h"
#include "checkers/promises/terms.h"

namespace harness {

/// Every promotion of a replica, in order of time, with its phases: fault, PFAIL, FAIL, election, promotion,
/// first acknowledged write per shard, convergence. Where no bound is promised (another fault was at work,
/// the master was slowed and not silenced) bound_ms is 0.
std::vector<Failover> find_failovers(const Analysis& analysis);

/// unknown: no views. measured: failovers, promotion_ms_max, convergence_ms_max, …
CheckResult check_failover(const Analysis& analysis, const CheckOptions& options);

}  // namespace harness
