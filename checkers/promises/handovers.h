// A failover by hand (CLUSTER FAILOVER without FORCE, checkers/PROMISES.md row 20) by the logs of the two
// that take part: the master acknowledges no write while it is to hand over, and where nothing is in the way
// the replica does not wait for nothing. A part of the checker "failover".
#pragma once

#include "checkers/promises/analysis.h"
#include "harness/core/verdict.h"

namespace harness {

/// Adds violations, and the figures handovers_asked and handovers_timed_out. Returns how many were asked for.
std::size_t check_handovers(const Analysis& analysis, CheckResult& result);

}  // namespace harness
