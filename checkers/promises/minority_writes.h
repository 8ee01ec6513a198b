// The checker "minority-writes" (checkers/PROMISES.md row 5): a master cut off from the majority stops
// accepting writes within 1.5·NT + 100 ms. What it accepted before is the checker "register"'s affair (window
// c).
#pragma once

#include "checkers/common/checker.h"

namespace harness {

/// unknown: a partition whose sides or verification were not recorded. measured: minority_masters,
/// accepted_after_ms_max, writes_accepted, refused_after_bound.
CheckResult check_minority_writes(const Analysis& analysis, const CheckOptions& options);

}  // namespace harness
