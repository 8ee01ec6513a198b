// What commands that wait promise beyond their objects: WAIT, WAITAOF, and those that block for an element.
// Rules of loads (load_rules.h): each adds its findings, figures and doubts to the load's result.
#pragma once

#include <cstdint>
#include <vector>

#include "checkers/promises/analysis.h"
#include "harness/core/verdict.h"

namespace harness {

/// WAIT never counts more replicas than there are, nor one that was dead, stopped or cut off from the master
/// from before the write was sent until WAIT had answered. measured: writes acknowledged by at least one
/// replica, and how many of these are lost (reported only, PROMISES.md row 8).
void check_wait_replies(const Analysis&, const std::vector<std::uint32_t>& operations, CheckResult&);
/// A client that blocks with a time-out is answered by then, 5 s later at the most, unless something kept the
/// node from it; and it is not left to wait in vain beside an element. measured: blocked_in_vain,
/// time_out_late_ms_max, waits_in_vain_judged.
void check_blocked_clients(const Analysis&, const std::vector<std::uint32_t>& operations, CheckResult&);

}  // namespace harness
