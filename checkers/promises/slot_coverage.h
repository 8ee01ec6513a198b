// The checker "slot-coverage": all 16384 slots are served in the end, with one owner each whom all agree on,
// and in stable phases no slot has two (checkers/PROMISES.md row 14). Which slots were not
// seen to be served meanwhile, by looks and acknowledged writes, and for how long, is told slot range by slot
// range; how long they may is judged by "availability".
#pragma once

#include "checkers/common/checker.h"

namespace harness {

/// unknown: no views, an interrupted run. measured: uncovered_ms_max, uncovered_slots_max, slots_at_end,
/// two_owners_ms_max. Allowed anomalies "slots-uncovered" tell each outage.
CheckResult check_slot_coverage(const Analysis& analysis, const CheckOptions& options);

}  // namespace harness
