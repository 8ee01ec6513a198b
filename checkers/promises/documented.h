// The checker "register": did the registers behave as an asynchronous Redis Cluster may
// (checkers/PROMISES.md, "The documented verdict, precisely")? It gives both answers of a run: what happened
// (plain linearizability over the whole run, as figures; the verdict itself under CheckOptions::strict), and
// whether it was allowed.
#pragma once

#include <memory>
#include <set>
#include <vector>

#include "checkers/common/checker.h"
#include "checkers/objects/object.h"

namespace harness {

/// unknown: no views or no offsets where they are needed to excuse a loss, operations that no term can be
/// told for, keys whose values repeat. measured: operations, operations_compared, keys, lost_writes,
/// stale_reads, lost_in_window_a (b, c, restart), age_ms_max_a (b, c), linearizable (1 or 0),
/// keys_not_linearizable, terms. The documented verdict of one load: its object, and its operations as
/// indices into the history. Under strict, what one master alone cannot explain is a violation, too:
/// `not_linearizable` gets the instances that are decided so. A register has its plain answer always. Its
/// outcome is not told yet (tell_outcome).
CheckResult check_object(const Analysis& analysis, const CheckOptions& options, const ObjectEntry& entry,
                         const std::vector<std::uint32_t>& operations,
                         std::set<std::uint32_t>* not_linearizable = nullptr);

/// Puts the outcome in front of what a load's checks told: its violations, or else that no loss was seen,
/// where a ledger looked for any. REQUIRES: nothing finds violations after it.
void tell_outcome(CheckResult& result);

/// The object of that line over the run's history; it knows whether clocks were set.
std::unique_ptr<Object> object_of(const ObjectEntry& entry, const RunRecord& run);

/// The whole run as one load of registers.
CheckResult check_register(const Analysis& analysis, const CheckOptions& options);

}  // namespace harness
