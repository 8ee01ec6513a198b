// One command to one node, or to whoever serves a key: how conditions ask for what no look holds.
#pragma once

#include <optional>
#include <string>

#include "harness/client/connection.h"
#include "harness/cluster/cluster.h"

namespace harness {

/// The reply of the node, an error reply too; nothing, with the reason, when there is none.
std::optional<Reply> ask_node(const Node& node, const Command& command, std::string& problem);

/// The same as a READONLY client, so that a replica answers for its master's keys.
std::optional<Reply> ask_readonly(const Node& node, const Command& command, std::string& problem);

/// Asks `first`, and follows MOVED and ASK as a cluster client does.
std::optional<Reply> ask_cluster(Cluster& cluster, const Node& first, const Command& command,
                                 std::string& problem);

}  // namespace harness
