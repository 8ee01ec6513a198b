// "coverage": what the run reached of the server: commands, error replies, and states of the cluster.
#pragma once

#include "checkers/common/checker.h"

namespace harness {

/// Never a violation: what a plan insists on (must-reach) is the matter of the run's strength. measured:
/// commands, errors, and of each state state_NAME, 1 when it was reached; one of which nobody can tell is
/// left out.
CheckResult check_coverage(const Analysis& analysis, const CheckOptions& options);

}  // namespace harness
