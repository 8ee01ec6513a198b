// The checker "elections" (checkers/PROMISES.md rows 2, 6, 9 and 11), from the servers' logs and the views: a
// replica asks for votes no sooner than it has to wait, behind those that have more of the stream, and in an
// epoch that is new to it; a master that was restarted does not serve before its quarantine is over.
#pragma once

#include "checkers/common/checker.h"

namespace harness {

/// not-applicable: nothing of an election, and no master that came back, could be compared. measured:
/// elections_announced, delays_compared, turns_compared, epochs_compared, ranks_compared, restarted_masters
/// (looks at them in their quarantine), rejoined_masters.
CheckResult check_elections(const Analysis& analysis, const CheckOptions& options);

}  // namespace harness
