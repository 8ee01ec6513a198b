// What a replica's own counts say of the stream it applied, beside the data that it holds. Part of
// `replicas`.
#pragma once

#include "checkers/promises/analysis.h"
#include "harness/core/verdict.h"

namespace harness {

/// At the same offset of the same stream a replica has as many keys as its master, and as many that expire:
/// what is over in time is removed by the master's word, not by each node's own clock. And transactions of
/// several writes come as such, so that nobody sees half of one. Adds its findings and figures to the result.
void check_applied_streams(const Analysis&, CheckResult&);

/// What put other data in place of the node's while it ran, without a word of it in its stream; null:
/// nothing.
const FaultRecord* replaced_outside_the_stream(const RunRecord& run, int node);

}  // namespace harness
