// Queues: first in, first out, linearizable; and the weaker total queue.
#pragma once

#include "checkers/common/model.h"
#include "harness/core/history.h"
#include "harness/core/verdict.h"

namespace harness {

/// FIFO linearizability of each key's queue. With every element enqueued once it is decided in O(n log n) by
/// the patterns of Henzinger, Sezgin & Vafeiadis (CONCUR 2013), whose pairwise completeness for intervals
/// tightened by causality is argued in queue.cpp: an element nobody enqueued, one dequeued twice, one that
/// overtook another, an empty answer while something was surely there. Indeterminate enqueues count once
/// dequeued; indeterminate dequeues may have taken what was overtaken. Elements enqueued twice, and empty
/// answers beside indeterminate dequeues, go to the general search.
/// Options read: budget, null_read_unconstrained (an empty answer says nothing), cross_check.
CheckResult check_queue(const History& history, const ModelOptions& options);

/// Jepsen's total-queue: what was enqueued comes out, in any order, once the queue was drained. Lost and
/// unexpected elements are violations, duplicated and recovered ones are counted.
CheckResult check_total_queue(const History& history, const ModelOptions& options);

}  // namespace harness
