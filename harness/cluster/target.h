// Targets name nodes by what they are when a step acts, not by what they were when it was planned.
//
//   random-master         a master that serves slots and has a synchronized replica (any master, if none has)
//   random-replica        a synchronized replica
//   random                any member that runs
//   master-of-slot N      whoever serves slot N
//   replica-of-slot N     a replica of whoever serves slot N
//   replica-of n1         a replica of that node
//   masters               every master that serves slots
//   all                   every node that runs
//   spare                 a node that runs and is no member
//   dead                  every node whose process has ended
//   previous              the nodes that the fault before acted on
//   n3    n1,n4           the nodes of those names
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/cluster/cluster.h"
#include "harness/core/prng.h"

namespace harness {

/// Whether a target is one of the forms above; else an explanation that names them.
struct TargetCheck {
  bool valid = true;
  std::string problem;
};
TargetCheck check_target(std::string_view target);

/// What targets are resolved against.
struct TargetScope {
  Cluster& cluster;
  Prng& prng;                     // for what a target leaves open
  std::span<const int> previous;  // node numbers that the fault before acted on
};

struct TargetNodes {
  std::vector<Node*> nodes;  // empty: there is no such node now, and `problem` says why
  std::string description;   // "n3, master of slots 5461-10922"
  std::string problem;
};
TargetNodes resolve_target(const TargetScope& scope, std::string_view target);

/// Nodes that belong to the cluster: they know others, and another reachable node knows them. A node that has
/// left, or has not joined yet, is none.
std::vector<int> members(const Roles& roles);

}  // namespace harness
