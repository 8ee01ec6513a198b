// Notices of keys that change: keyspace events, and invalidations of CLIENT TRACKING. Whoever asked for them
// at a node is told of each key that the node writes afterwards, at least once.
#pragma once

#include "checkers/promises/load_rules.h"

namespace harness {

/// measured: notices, subscriptions, notices_judged (pairs of a subscription and a key that was surely
/// written).
void check_notices(const Analysis&, const std::vector<std::uint32_t>& operations, CheckResult&);

}  // namespace harness
