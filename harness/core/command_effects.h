// What commands of a plan's steps do to the cluster. A fault declares its effects; a command is whatever its
// words say, so this table says them: CLUSTER FAILOVER is a handover, SETSLOT changes the membership,
// FLUSHALL removes data. Checkers then judge a cluster that was changed by a command as one that was changed
// by a fault.
#pragma once

#include <vector>

#include "harness/core/run_record.h"

namespace harness {

/// One record for each command that took effect (or may have: no answer) and has effects, in order of time.
/// A limit of memory evicts nothing under the policy `noeviction`, which every build begins with;
/// `evicting_policy`: the nodes may have another one already.
std::vector<FaultRecord> faults_of_commands(const std::vector<CommandRecord>& commands,
                                            bool evicting_policy = false);
/// The commands, not sent yet, that take back what these began and nobody took back, where it would keep the
/// cluster from settling: a filter of bus messages. One a node and step.
std::vector<CommandRecord> left_to_take_back(const std::vector<CommandRecord>& commands);
/// Whether the plan's directives, or a fault, give a node a policy of eviction.
bool has_evicting_policy(const RunRecord& run);

}  // namespace harness
