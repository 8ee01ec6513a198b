// Targets name nodes by what they are when a fault fires, not by what they were when it was planned.
//
//   random-master         a master that serves slots and has a synchronized replica (any master, if none has)
//   random-replica        a synchronized replica
//   master-of-slot N      whoever serves slot N
//   replica-of-slot N     a replica of whoever serves slot N
//   dead                  every node whose process has ended
//   previous              the nodes that the fault before acted on
//   n3                    the node of that name
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/faults/fault.h"

namespace harness {

/// Whether a target is one of the forms above; else an explanation that names them.
struct TargetCheck {
  bool valid = true;
  std::string problem;
};
TargetCheck check_target(std::string_view target);

struct TargetNodes {
  std::vector<Node*> nodes;  // empty: there is no such node now, and `problem` says why
  std::string description;   // "n3, master of slots 5461-10922"
  std::string problem;
};
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
