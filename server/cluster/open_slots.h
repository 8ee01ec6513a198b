// Slots that are being moved, across the loss of a master: redis 7.0 tells them to nobody, so that who
// replaces the source or the target of a migration knows nothing of it (redis#6339). A master of ours tells
// its replicas, and the heir of either end takes its place.
#pragma once

#include <string>
#include <string_view>

#include "server/cluster/context.h"

namespace node::cluster::open_slots {

/// All of them, in the words of nodes.conf: "[5->-id] [7-<-id]"; empty: none.
std::string write(const State& state);
/// A replica learns those of its master, in the place of what it knew. Nodes that are unknown here are left
/// out.
void read(Context& c, std::string_view text);
/// A failover took place at the other end: the slots go on moving to and from the heir.
void inherit(Context& c, const Node& lost, Node& heir);
/// This node was promoted: what the owners of the slots contradict is dropped.
void settle(Context& c);

}  // namespace node::cluster::open_slots
