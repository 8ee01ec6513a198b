// Targets name nodes by what they are when a step acts, not by what they were when it was planned.
// target_forms() is the list of all that a target may say.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/cluster/cluster.h"
#include "harness/core/prng.h"

namespace harness {

/// One form of a target, for `harness list`.
struct TargetForm {
  std::string_view name;  // "master-of-slot N"
  std::string_view description;
  bool word = true;  // it is written as it stands: no number or name belongs to it
};
std::span<const TargetForm> target_forms();

/// Whether a target is one of those forms; else an explanation that names them.
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
