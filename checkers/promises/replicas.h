// "replicas": what each replica holds in the end, against what its master holds.
#pragma once

#include "checkers/common/checker.h"

namespace harness {

/// Compares each replica that caught up with its master, structurally: every key with its type, value and
/// expiry, streams with their groups, libraries of functions (core/final_data.h). A replica that never caught
/// up, or a node that could not be read, leaves a doubt.
CheckResult check_replicas(const Analysis& analysis, const CheckOptions& options);

}  // namespace harness
