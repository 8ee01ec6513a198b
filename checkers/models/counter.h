// A counter: incr (or add) by an amount, and reads of the count.
#pragma once

#include "checkers/common/model.h"
#include "harness/core/history.h"
#include "harness/core/verdict.h"

namespace harness {

/// Linearizability of each key's counter. Whether an acknowledged incr returned the new count or echoed its
/// amount is told by the whole history: it counts as new counts as soon as one differs from its amount.
///
/// - New counts, positive amounts, indeterminate ones all alike: exact in O(n log n). The counts fix the
/// order;
///   missing ones are filled by indeterminate increments, the k-th gap by the k-th earliest invoked.
/// - Echoes, all amounts alike: exact in O(n log n), increments matched to the gaps between the reads, the
///   most urgent first.
/// - Anything else: the general search; when its budget ends, bounds (a read lies between what had surely
///   and what could have been added), whose violations are certain and whose silence is `unknown`.
/// Options read: budget, initial (the first count, 0 unless given), cross_check.
CheckResult check_counter(const History& history, const ModelOptions& options);

}  // namespace harness
