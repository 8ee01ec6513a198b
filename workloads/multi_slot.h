// Clients write all keys of a group in one slot by MSET, read them by MGET, and delete them by DEL; some try
// MSET over two groups in different slots. Of the groups that are written once a part is deleted once.
// Reveals groups that are written or deleted in part, and commands over several slots that are carried out.
//
// In the history (key: the group's tag, "multi-slot:g1"; its keys are "{multi-slot:g1}.0", ...):
//   write   value -> ok the value: all keys hold it
//   read    nil -> ok the value that all keys hold, nil: all are absent; a list: what each holds, if they
//   differ get     nil -> as read, over a connection in READONLY mode at a random node remove  a number of
//   its own -> ok the same: all keys are gone put     value -> written together with another group's keys,
//   which lie in another slot: must fail
#pragma once

#include <memory>
#include <span>

#include "harness/run/workload.h"

namespace harness {

std::span<const Parameter> multi_slot_options();
std::unique_ptr<Workload> make_multi_slot_workload(const WorkloadSetup& setup);

}  // namespace harness
