// The checker "logs": no server crashed, failed an assertion, ran out of memory or ended by itself, unless a
// fault asked for it. Rests on the harvested logs and on how the processes ended.
#pragma once

#include "checkers/common/checker.h"

namespace harness {

/// Whether that life (an index of run.incarnations) ended in a way that nobody asked for and no fault
/// excuses. This checker tells of each.
bool ended_by_itself(const RunRecord& run, int life);

/// unknown: a node whose log was not harvested. measured: lines, crashes, expected_crashes.
CheckResult check_logs(const Analysis& analysis, const CheckOptions& options);

}  // namespace harness
