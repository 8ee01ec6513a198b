// Clients run transactions of one to five micro-operations on lists whose keys lie in one slot: append an
// element, or read a list whole. A transaction is MULTI ... EXEC, or a script. A list takes so many appends
// and then no more: another one takes its place, and it is read in the end. Reveals the anomalies of Elle's
// list-append: lost and reordered appends, torn transactions, stale reads.
//
// In the history (key: the tag of the slot, "append:l1"):
//   txn  [["append", list, element], ["r", list, nil], ...]
//        -> ok the same, each read with the list that it saw: ["r", list, [elements]], [] when there is none
// `list` is the whole key as a text: "{append:l1}.0.4". Elements are integers, unique in the load.
#pragma once

#include <memory>
#include <span>

#include "harness/run/workload.h"

namespace harness {

std::span<const Parameter> append_options();
std::unique_ptr<Workload> make_append_workload(const WorkloadSetup& setup);

}  // namespace harness
