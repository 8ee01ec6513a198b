// The checker "votes" (checkers/PROMISES.md rows 9 and 10), from the servers' logs: a voter votes once an
// epoch and never for an older one, only when it has the master as failed, and not twice within 2·NT for one
// master; whoever wins an election had the votes of a majority.
#pragma once

#include "checkers/common/checker.h"

namespace harness {

/// unknown: failovers happened, but the logs hold no votes. measured: votes, votes_denied, elections_won.
CheckResult check_votes(const Analysis& analysis, const CheckOptions& options);

}  // namespace harness
