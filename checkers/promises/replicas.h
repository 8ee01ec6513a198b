// "replicas": what each replica holds at the end of the load and in the end, against what its master holds.
#pragma once

#include "checkers/common/checker.h"

namespace harness {

/// Compares each replica that caught up with its master, structurally: every key with its type, value and
/// expiry, streams with their groups, libraries of functions (core/final_data.h); in the end, and where that
/// was read at the end of the load, too. A replica that never caught up, or a node that could not be read in
/// the end, leaves a doubt.
CheckResult check_replicas(const Analysis& analysis, const CheckOptions& options);

}  // namespace harness
