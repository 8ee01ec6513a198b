// A look: everything the observer wants to know of one node, asked in one round trip.
#pragma once

#include <vector>

#include "harness/client/connection.h"
#include "harness/core/run_record.h"

namespace harness {

/// CLUSTER NODES, CLUSTER INFO, INFO replication, INFO server, CLUSTER SLOTS, and CLUSTER NODES again.
const std::vector<Command>& look_commands();

/// A view from the replies to look_commands(); times and node are left to the caller. An error reply
/// (LOADING, for instance) makes it unreachable, with the error.
View view_from(const std::vector<Reply>& replies);
View unreachable_view(std::string error);

/// Equal in everything that a view lasts for: all but times and replication offsets.
bool same_look(const View& a, const View& b);

}  // namespace harness
