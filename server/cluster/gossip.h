// How nodes find each other and keep up their acquaintance: MEET and handshake, gossip, addresses, regular
// pings.
#pragma once

#include "server/cluster/context.h"

namespace node::cluster::gossip {

/// CLUSTER MEET, or a MEET received: introduces myself there. False if a handshake with that address is going
/// on. REQUIRES: ip is a normalised address.
bool start_handshake(Context& c, std::string_view ip, int port, int cport, std::uint16_t extra_flags);
/// A stranger's PING or MEET. MEET introduces it; who did not answer an earlier handshake and pings us now
/// took us in all the same: its PING is as good.
void hear_stranger(Context& c, const Link& link, const Header& header);
/// What a known sender says about others. Unknown nodes are met through it, unless they were forgotten.
void process(Context& c, Node& sender, const PingBody& body);
/// The sender's own address changed. True if it was updated.
bool update_address(Context& c, Node& sender, const Link& link, const Header& header);
/// Removes the node and its links.
void drop_node(Context& c, Node& node);
/// CLUSTER FORGET: not to be learned again for `ttl` ms.
void ban(Context& c, const NodeId& id, Ms ttl);

/// The part of a tick that connects and pings.
void advance(Context& c);

}  // namespace node::cluster::gossip
