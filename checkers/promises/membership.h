// "membership": in the end those belong to the cluster who were meant to, and each shard has the slots that
// it was meant to have.
#pragma once

#include "checkers/common/checker.h"

namespace harness {

/// Against what the plan intended in the end (intention.h), not against the creation. Who is master within a
/// shard is role-convergence's affair. unknown: no views of the end, an interrupted run.
CheckResult check_membership(const Analysis& analysis, const CheckOptions& options);

}  // namespace harness
