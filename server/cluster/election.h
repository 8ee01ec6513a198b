// How a replica becomes master of its failed master's slots: it waits (longer, the more data others have),
// asks all masters for their vote in a new epoch, and with a majority takes the slots over under that epoch.
// Source: Redis Cluster specification, "Replica election and promotion".
#pragma once

#include "server/cluster/context.h"

namespace node::cluster::election {

/// On a replica, at each tick and whenever something it waits for happened.
void advance(Context& c);
/// On a master: somebody asks for our vote. A master that helped to elect its own replica (a failover by
/// hand) has given away its seat, and votes for nobody else until it sees that nothing came of it: else it
/// could make up a majority with nodes that did not hear of the change yet, and one epoch would be won twice.
void on_request(Context& c, Node& candidate, const Header& request);
/// On a replica: a vote.
void on_vote(Context& c, const Node& voter, std::uint64_t voter_epoch);
/// Takes the master's slots under myself's config epoch and tells everybody.
void replace_master(Context& c);

}  // namespace node::cluster::election
