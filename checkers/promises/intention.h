// Who was meant to belong to the cluster at a moment: what the plan and its administration made of the
// cluster that was created. Membership, roles and slots are judged against it.
#pragma once

#include "harness/core/run_record.h"

namespace harness {

/// As recorded; of a store that does not tell, as created.
Membership intended_at(const RunRecord& run, Nanos time);
Membership intended_in_the_end(const RunRecord& run);

/// Whether the slot is meant to belong to somebody.
bool is_assigned(const Membership& intended, int slot);

}  // namespace harness
