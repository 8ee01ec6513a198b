// What a workload promises beyond its object: rules about times, replicas and commands that the ledger, which
// knows streams of tokens, cannot tell. Each adds its findings, figures and doubts to the load's result.
#pragma once

#include <cstdint>
#include <vector>

#include "checkers/promises/analysis.h"
#include "harness/core/verdict.h"

namespace harness {

using LoadRule = void (*)(const Analysis&, const std::vector<std::uint32_t>& operations, CheckResult&);

/// Two holders at once: the first certainly held the lock during the whole grant to the second. Allowed where
/// the first grant lies in a loss window. measured: two_holders, held_together_ms_max.
void check_lock_holders(const Analysis&, const std::vector<std::uint32_t>& operations, CheckResult&);
/// An expired key that lives on, and a node that says of a key, which it has, that it will go before its
/// time, or against it. measured: lives_ms_max, the longest that a key was seen beyond its time;
/// times_left_compared.
void check_expiry_times(const Analysis&, const std::vector<std::uint32_t>& operations, CheckResult&);
/// Values that replicas show were written, and do not go back on one replica while no master changes.
/// measured: reads of replicas, stale ones, staleness_ms_max and its mean.
void check_replica_reads(const Analysis&, const std::vector<std::uint32_t>& operations, CheckResult&);
/// A group is whole in every answer, of replicas too; a command over two slots is refused.
void check_groups(const Analysis&, const std::vector<std::uint32_t>& operations, CheckResult&);
/// Commands on keys of their own are answered as documented, and what they left is there as they left it.
/// measured: how many answers were compared.
void check_states(const Analysis&, const std::vector<std::uint32_t>& operations, CheckResult&);
/// EXEC aborts when one of the queued commands was refused, redirected say.
void check_refused_transactions(const Analysis&, const std::vector<std::uint32_t>& operations, CheckResult&);
/// What was acknowledged in a group of consumers is not delivered again in the same term.
void check_acknowledged_entries(const Analysis&, const std::vector<std::uint32_t>& operations, CheckResult&);
/// Replies of a replayed recording are not judged: says so. measured: replayed, refused.
void check_replayed(const Analysis&, const std::vector<std::uint32_t>& operations, CheckResult&);

}  // namespace harness
