// The checker "data-agreement": in the end every key lies where its slot is served, and what clients read
// last is what is stored. ("replicas" compares the nodes.)
#pragma once

#include "checkers/common/checker.h"

namespace harness {

/// unknown: a node whose data could not be read whole, no final reads, no views of the end, an interrupted
/// run. measured: keys, final_reads.
CheckResult check_data_agreement(const Analysis& analysis, const CheckOptions& options);

}  // namespace harness
