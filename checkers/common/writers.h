// Who wrote what a counterexample shows: a proof that names a value also lists the operation that wrote it.
#pragma once

#include <vector>

#include "harness/core/history.h"
#include "harness/core/verdict.h"

namespace harness {

/// Adds to the operations of each violation the writers of the single values that those saw or expected, and
/// of what these writers expected in turn, up to a plain write. Of several operations that wrote a value, the
/// last one that was invoked before it was seen. A value that nobody wrote has none.
void add_writers(const History& history, std::vector<Anomaly>& anomalies);

}  // namespace harness
