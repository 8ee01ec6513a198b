// One register with compare-and-set whose written values are unique: linearizability in O(n).
//
// A successful cas a -> b is the last operation of cluster a and the writer of b, so clusters merge into
// chains whose order is known: write, its reads, cas, its reads, ... A chain is wrong in itself when an
// operation returned before an earlier one was invoked (a running maximum of invocations against each later
// return); between chains the pair test of zones.h holds. An indeterminate cas counts iff its value
// was observed, propagated backwards along chains (Gibbons & Korach 1997, section on read-modify-write).
#pragma once

#include "checkers/common/findings.h"
#include "checkers/models/register_key.h"

namespace harness {

/// False when the algorithm does not hold for this key (a value written twice, a failed cas as evidence):
/// nothing was reported then and the general search has to decide.
bool check_chains(const History& history, const RegisterKey& key, Findings& findings);

}  // namespace harness
