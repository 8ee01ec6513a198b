// The checker "replication": what nodes tell of the replication of their data is true, and streams fork where
// they say. A promoted replica begins a stream of its own (a new replication id); nobody goes on in a stream
// from beyond the place where it forked; a replica whose master has ended does not call its link up.
#pragma once

#include "checkers/common/checker.h"

namespace harness {

/// not-applicable: no node was ever seen as a replica. measured: promotions, partial_resyncs, lost_links.
CheckResult check_replication(const Analysis& analysis, const CheckOptions& options);

}  // namespace harness
