// A set that only grows: add, and reads of the whole set.
#pragma once

#include "checkers/common/model.h"
#include "harness/core/history.h"
#include "harness/core/verdict.h"

namespace harness {

/// Linearizability of each key's set, exactly, in time linear in the elements read: the reads must form a
/// chain of inclusions, which fixes the order (ordered_groups.h; Abdulla et al. 2025 for why O(n) is enough).
/// Beside it the fate of each element as Jepsen's set-full tells it: lost (acknowledged or seen, then gone
/// for good), stale (missing from a later read, then back), never read (and not lost: no read came after the
/// acknowledgement); with times, in `measured`. Options read: budget, null_read_unconstrained, cross_check.
CheckResult check_set(const History& history, const ModelOptions& options);

/// Jepsen's set-full as it judges by default: a read may miss an element for a while, but not for good. Lost
/// and duplicated elements are violations, as are elements that nobody added; stale ones are counted, with
/// times. `unknown` when no element stayed.
CheckResult check_set_full(const History& history, const ModelOptions& options);

}  // namespace harness
