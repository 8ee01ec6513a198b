// The checker "availability": how long each slot range was without an owner that serves it and that the
// cluster accepts. A promotion counts when a majority of the reachable masters give the new master its slots:
// one that nobody believes helps no client.
//
// Only faults that can take a master away excuse an outage. One whose failover was due excuses it for as long
// as the failover may take (checkers/PROMISES.md row 1, with ranks, lost elections and the machine's stall)
// and until the nodes agree; any other for as long as it lasts, and as much again. With full coverage no,
// nothing is judged, only measured.
#pragma once

#include "checkers/common/checker.h"

namespace harness {

/// unknown: no views. invalid: "slots-unavailable". measured: unavailable_ms_max, outages.
CheckResult check_availability(const Analysis& analysis, const CheckOptions& options);

}  // namespace harness
