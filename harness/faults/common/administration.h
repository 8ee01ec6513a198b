// What the faults of administration share: telling nodes, waiting until the cluster's views show it, moving
// slots, introducing and forgetting nodes.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/faults/common/fault.h"

namespace harness {

/// The reply, when there is one and it is no error; else nothing, and `problem` says why.
std::optional<Reply> tell(const Node& node, const Command& command, std::string& problem,
                          std::chrono::milliseconds patience = std::chrono::milliseconds(5000));

/// The node's id by its own word (a hard reset changes it); as created when it does not answer.
std::string id_of(const Cluster& cluster, const Roles& roles, int node);

/// Waits until `why_not` finds nothing missing in the views; then the fault is active. Else the record says
/// what was missing.
bool verify_by_views(FaultContext& context, FaultRecord& record, std::chrono::milliseconds patience,
                     const std::function<std::optional<std::string>(const Roles&)>& why_not);

/// Nothing when every member that answers lists the node (`known`) or does not list it.
std::optional<std::string> why_not_known(const Cluster& cluster, const Roles& roles, int node, bool known);

/// Moves the slots one after the other, as redis-cli does, until the run is stopped; how many were moved.
/// `problem`: why it ended before the last. A slot left half-way is made stable again where it stands.
int move_slots(FaultContext& context, const std::vector<int>& slots, int from, int to, std::string& problem);

/// Slots that the node serves, by its own word.
std::vector<int> slots_of(const Roles& roles, int node);

/// Introduces the newcomer to a member, and waits until all members know it. False with the reason.
bool meet(FaultContext& context, int newcomer, std::string& problem);

/// Tells every member but the node itself to forget it. Those that refuse are named in `problem`.
bool forget(FaultContext& context, int node, std::string& problem);

/// One effect, with these nodes; excuses a dead link.
Effect membership_effect(std::vector<int> nodes, std::string detail);

/// Another master that serves slots, drawn; the one that `target` names when it is given.
std::optional<int> other_master(FaultContext& context, const Roles& roles, int node,
                                const std::string& target, std::string& problem);

}  // namespace harness
