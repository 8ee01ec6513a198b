// What a node told of slots while the run went on, by CLUSTER SLOTS and by CLUSTER NODES (rows 13 and 14).
#pragma once

#include "checkers/common/checker.h"
#include "checkers/promises/analysis.h"

namespace harness {

/// Clients take their map from CLUSTER SLOTS: it says what the node itself believes, as CLUSTER NODES shows
/// it. A violation where the two named different owners at every look for 0.2 s and longer; a look asks for
/// NODES on both sides of SLOTS, so nothing can have changed between them.
void check_slots_told(const Analysis& analysis, CheckResult& result);

}  // namespace harness
