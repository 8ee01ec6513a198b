// What the messages of the cluster bus say of votes and failures (checkers/PROMISES.md rows 4 and 9): a voter
// acknowledges once an epoch; a replica that claims the config epoch of its election had the
// acknowledgements of a majority; who tells that a node failed had heard so from a majority of the masters.
// A part of the checker "votes", for runs whose bus path read everything that the nodes said to each other.
#pragma once

#include "checkers/promises/analysis.h"

namespace harness {

/// Adds violations, and the figures bus_votes, bus_elections_won, bus_failures_told. Nothing without such
/// evidence.
void check_bus_votes(const Analysis& analysis, CheckResult& result);
/// Whether all that the nodes said to each other from the opening of the path on was read.
bool bus_was_read(const RunRecord& run);

}  // namespace harness
