// Session guarantees of single registers (Terry et al. 1994): what each process may expect of its own
// operations, whatever the others do.
#pragma once

#include "checkers/common/model.h"
#include "harness/core/history.h"
#include "harness/core/verdict.h"

namespace harness {

/// Monotonic reads, read your writes, monotonic writes, writes follow reads, for each key. Each guarantee
/// asks for an order of the key's versions (the values written, each once; the first value comes first):
///
///   a process read u, then read v:   u <= v   monotonic reads
///   a process wrote u, then read v:  u <= v   read your writes
///   a process wrote u, then wrote v: u < v    monotonic writes
///   a process read u, then wrote v:  u < v    writes follow reads
///
/// A violation is a circle: no order of the versions grants all that is asked. Its type names the guarantees
/// on the circle. A value written twice on a key makes the versions ambiguous: `unknown` for that key.
/// Options read: initial, null_read_unconstrained.
CheckResult check_session(const History& history, const ModelOptions& options);

}  // namespace harness
