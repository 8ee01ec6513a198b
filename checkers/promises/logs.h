// The checker "logs": no server crashed, failed an assertion, ran out of memory or ended by itself, unless a
// fault asked for it. Rests on the harvested logs and on how the processes ended.
#pragma once

#include "checkers/common/checker.h"

namespace harness {

/// unknown: a node whose log was not harvested. measured: lines, crashes, expected_crashes.
CheckResult check_logs(const Analysis& analysis, const CheckOptions& options);

}  // namespace harness
