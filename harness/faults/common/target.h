// How faults aim: targets (harness/cluster/target.h) entered into the record of a fault.
#pragma once

#include <string_view>

#include "harness/cluster/target.h"
#include "harness/faults/common/fault.h"

namespace harness {

TargetNodes resolve_target(FaultContext& context, std::string_view target);

/// For faults of one node: enters the node and its description into the record. Null when there is none now;
/// the record then says why.
Node* aim_at_one(FaultContext& context, std::string_view target, FaultRecord& record);

/// Declares that the record's nodes are down from now on.
void declare_down(FaultRecord& record);

/// Waits for the node's process to end of this signal, and enters that (or what happened instead) into the
/// record.
void verify_death(Node& node, int signal, const FaultContext& context, FaultRecord& record);

}  // namespace harness
