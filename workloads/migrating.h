// Clients read, write and delete groups of keys of one slot while the slot moves, and ask single nodes, over
// nobody's redirections, what they answer. Reveals keys that are in two places or in none, and redirections
// that are not what the slot's state asks for: a table of command, state and answer is in the result.
//
// In the history (key: "migrating:g3", a group of keys "{migrating:g3}.0", …):
//   write, read, remove: as multi-slot
//   other  [command, node] -> ok [answer, node]: one node's own answer. Commands: "get", "mget", and with
//   ASKING
//          before them "asking-get", "asking-mget". Answers: "value", "nil", "values", "some" (of MGET: some
//          are nil), "nils", or the error ("moved" and "ask" with the node that they name)
#pragma once

#include <memory>
#include <span>

#include "harness/run/workload.h"

namespace harness {

std::span<const Parameter> migrating_options();
std::unique_ptr<Workload> make_migrating_workload(const WorkloadSetup& setup);

}  // namespace harness
