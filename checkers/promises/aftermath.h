// What must follow a promotion: that the other nodes give the new master its slots, and that it acknowledges
// a write once clients offer some. Both have a bound from the configuration (convergence_bound in windows.h,
// and the time in which a client gives an operation up), and are judged only where nothing else was at work.
#pragma once

#include "checkers/common/checker.h"

namespace harness {

class Analysis;
struct FaultRecord;

/// Reports "slow-convergence" and "slow-first-write".
void check_aftermath(const Analysis& analysis, const Failover& failover, CheckResult& result);

/// When the fault was over for all of its nodes; kNever if that was not seen.
Nanos over_for_all(const RunRecord& run, const FaultRecord& fault);

}  // namespace harness
