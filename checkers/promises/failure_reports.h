// The checker "failure-reports" (checkers/PROMISES.md row 4): a node is declared failed only when a majority
// of the masters with slots had a reason to suspect it. Reports themselves are not logged, so the reasons are
// asked of the faults: what silenced the node, a master, or the links between the two.
#pragma once

#include "checkers/common/checker.h"

namespace harness {

/// unknown: no log, or a machine that stood still so long that it is a reason by itself. measured:
/// declared_failed.
CheckResult check_failure_reports(const Analysis& analysis, const CheckOptions& options);

}  // namespace harness
