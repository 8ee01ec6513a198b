// Links and what is sent over them.
#pragma once

#include "server/cluster/context.h"

namespace node::cluster::bus {

Link& open(Context& c, Node& node);
Link& accept(Context& c, std::string_view peer_ip, std::string_view local_ip);
/// Asks the node to close the connection, and forgets it.
void close(Context& c, Link& link);
/// Forgets a link whose connection is gone already.
void forget(Context& c, Link& link);
Link* find(Context& c, LinkId id);
/// Binds an accepted link to the node that turned out to speak there; an older one is closed.
void bind_inbound(Context& c, Node& node, Link& link);

/// PING, PONG or MEET with gossip about some nodes, and about all that are suspected.
void send_ping(Context& c, Link& link, MessageType type);
enum class Audience { kAll, kMyShardsReplicas };
void broadcast_pong(Context& c, Audience audience);
void broadcast_fail(Context& c, const Node& failed);
/// Tells the link's end that `owner` holds its slots with a newer epoch.
void send_update(Context& c, Link* link, const Node& owner);
void broadcast_auth_request(Context& c);
/// Types without a body: AUTH_ACK, MFSTART.
void send_module(Context& c, Link* link, std::uint64_t module_id, std::string payload);
void send_plain(Context& c, Link* link, MessageType type);
void publish(Context& c, std::string_view channel, std::string_view message, bool sharded);

}  // namespace node::cluster::bus
