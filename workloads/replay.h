// The commands of a recording of MONITOR, again and again: those of one recorded client in their order, by
// one process. What they leave is compared between masters and replicas (the checker replicas), and with what
// the nodes' files give (reload). Reveals commands that replicas carry out otherwise, and crashes.
//
// In the history (key: one of the command's keys):
//   other  the number of the command in the recording -> ok; the reply is not kept; in the end nil: the type
//   of
//          each key is asked
#pragma once

#include <memory>
#include <span>

#include "harness/run/workload.h"

namespace harness {

std::span<const Parameter> replay_options();
std::unique_ptr<Workload> make_replay_workload(const WorkloadSetup& setup);

}  // namespace harness
