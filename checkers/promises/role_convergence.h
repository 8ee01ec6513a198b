// The checker "role-convergence": once settled, all nodes hold one view: each shard has one master and its
// replicas, every link is up, nobody is thought to be failing, and the old master came back as a replica of
// its heir (checkers/PROMISES.md row 13).
#pragma once

#include "checkers/common/checker.h"

namespace harness {

/// unknown: no views, an interrupted run. measured: masters, replicas, nodes_agreeing.
CheckResult check_role_convergence(const Analysis& analysis, const CheckOptions& options);

}  // namespace harness
