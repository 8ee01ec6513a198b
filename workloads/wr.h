// Transactions on registers of one slot: each reads and writes some of them, by WATCH, MULTI and EXEC, by
// MULTI alone, or by script. Reveals torn and lost transactions, dirty and stale reads, and an EXEC that was
// carried out although a watched key had changed.
//
// In the history (key: the tag of the registers, "wr:t3"):
//   txn  [["r", register, nil], ["w", register, value], …] -> ok the same, reads with what they saw, and at
//        the end ["state", n]: the transactions of this tag that wrote are counted, and this one saw (or
//        made) the n-th state. Values are unique.
#pragma once

#include <memory>
#include <span>

#include "harness/run/workload.h"

namespace harness {

std::span<const Parameter> wr_options();
std::unique_ptr<Workload> make_wr_workload(const WorkloadSetup& setup);

}  // namespace harness
