#include "server/cluster/bus.h"

#include <algorithm>

namespace node::cluster::bus {
namespace {

constexpr int kMinGossip = 3;

Header make_header(Context& c, MessageType type) {
  const State& s = c.state;
  const Node& me = *s.myself;
  const Node& master = s.my_master();
  Header h;
  h.type = static_cast<std::uint16_t>(type);
  h.current_epoch = s.current_epoch;
  h.config_epoch = master.config_epoch;
  h.repl_offset = static_cast<std::uint64_t>(c.host.replication_offset());
  h.sender = me.id;
  h.slots = master.slots;
  if (me.master != nullptr) h.master = me.master->id;
  h.ip = c.config.announce_ip;
  h.port = static_cast<std::uint16_t>(me.port);
  h.cport = static_cast<std::uint16_t>(me.cport);
  h.pport = static_cast<std::uint16_t>(me.pport);
  h.flags = me.flags;
  h.state_ok = s.ok;
  if (me.is_master() && c.manual.pause == ManualFailover::Pause::kInForce) h.mflags |= mflag::kPaused;
  return h;
}

void send_bytes(Context& c, Link* link, const std::string& bytes, MessageType type) {
  if (link == nullptr || !link->up) return;
  c.actions.push_back(Send{link->id, bytes});
  ++c.stats.sent[static_cast<std::size_t>(type)];
}

void broadcast(Context& c, const std::string& bytes, MessageType type) {
  for (const auto& node : c.state.nodes())
    if (!node->has(flag::kMyself | flag::kHandshake)) send_bytes(c, node->link, bytes, type);
}

Gossip describe(const Node& node) {
  Gossip g;
  g.id = node.id;
  g.ping_sent_s = static_cast<std::uint32_t>(node.ping_sent / 1000);
  g.pong_received_s = static_cast<std::uint32_t>(node.pong_received / 1000);
  g.ip = node.ip;
  g.port = static_cast<std::uint16_t>(node.port);
  g.cport = static_cast<std::uint16_t>(node.cport);
  g.pport = static_cast<std::uint16_t>(node.pport);
  g.flags = node.flags;
  return g;
}

/// A tenth of the nodes, at least three, drawn at random: enough that failure reports of a majority reach
/// everybody well within their validity. Suspected nodes come on top, all of them.
std::vector<Gossip> choose_gossip(Context& c) {
  const auto& nodes = c.state.nodes();
  std::vector<Gossip> chosen;
  int fresh = static_cast<int>(nodes.size()) - 2;  // neither myself nor the receiver
  const int wanted = std::min(std::max(static_cast<int>(nodes.size()) / 10, kMinGossip), fresh);
  for (int tries = wanted * 3; fresh > 0 && static_cast<int>(chosen.size()) < wanted && tries > 0; --tries) {
    Node& node = *nodes[c.prng.below(nodes.size())];
    if (c.is_me(&node) || node.pfailed()) continue;
    if (node.has(flag::kHandshake | flag::kNoAddr) || (node.link == nullptr && node.slot_count == 0)) {
      --fresh;
      continue;
    }
    if (node.gossip_mark == c.pings_sent) continue;
    node.gossip_mark = c.pings_sent;
    --fresh;
    chosen.push_back(describe(node));
  }
  if (c.pfail_nodes > 0)
    for (const auto& node : nodes)
      if (node->pfailed() && !node->has(flag::kHandshake | flag::kNoAddr)) chosen.push_back(describe(*node));
  return chosen;
}

}  // namespace

Link& open(Context& c, Node& node) {
  auto link = std::make_unique<Link>();
  link->id = c.next_link++;
  link->node = &node;
  link->created = c.now;
  link->peer_ip = node.ip;
  node.link = link.get();
  c.actions.push_back(Connect{link->id, node.ip, node.cport});
  return *(c.links[link->id] = std::move(link));
}

Link& accept(Context& c, std::string_view peer_ip, std::string_view local_ip) {
  auto link = std::make_unique<Link>();
  link->id = c.next_link++;
  link->inbound = link->up = true;
  link->created = c.now;
  link->peer_ip = peer_ip;
  link->local_ip = local_ip;
  return *(c.links[link->id] = std::move(link));
}

void close(Context& c, Link& link) {
  c.actions.push_back(Close{link.id});
  forget(c, link);
}

void forget(Context& c, Link& link) {
  if (link.node != nullptr) {
    if (link.node->link == &link) link.node->link = nullptr;
    if (link.node->inbound == &link) link.node->inbound = nullptr;
  }
  c.links.erase(link.id);
}

Link* find(Context& c, LinkId id) {
  const auto it = c.links.find(id);
  return it == c.links.end() ? nullptr : it->second.get();
}

void bind_inbound(Context& c, Node& node, Link& link) {
  if (node.inbound != nullptr) close(c, *node.inbound);
  node.inbound = &link;
  link.node = &node;
}

void send_ping(Context& c, Link& link, MessageType type) {
  ++c.pings_sent;
  if (!link.inbound && type == MessageType::kPing) link.node->ping_sent = c.now;
  if (!link.up) return;  // the first thing said once it is up is a ping
  PingBody body;
  body.gossip = choose_gossip(c);
  if (!c.me().hostname.empty()) body.hostname = c.me().hostname;
  send_bytes(c, &link, encode({make_header(c, type), std::move(body)}), type);
}

void broadcast_pong(Context& c, Audience audience) {
  const Node& me = c.me();
  for (const auto& node : c.state.nodes()) {
    if (node->link == nullptr || c.is_me(node.get()) || node->in_handshake()) continue;
    const bool shard_mate =
        node->is_replica() && node->master != nullptr && (node->master == &me || node->master == me.master);
    if (audience == Audience::kAll || shard_mate) send_ping(c, *node->link, MessageType::kPong);
  }
}

void broadcast_fail(Context& c, const Node& failed) {
  broadcast(c, encode({make_header(c, MessageType::kFail), FailBody{failed.id}}), MessageType::kFail);
}

void send_update(Context& c, Link* link, const Node& owner) {
  UpdateBody body{owner.config_epoch, owner.id, owner.slots};
  c.state.unclaimed_by_owner.for_each([&body](int slot) { body.slots.clear(slot); });
  send_bytes(c, link, encode({make_header(c, MessageType::kUpdate), body}), MessageType::kUpdate);
}

void broadcast_auth_request(Context& c) {
  Header header = make_header(c, MessageType::kAuthRequest);
  if (c.manual.end != 0)
    header.mflags |= mflag::kForceAck;  // the master is up: it agreed, or the user insists
  broadcast(c, encode({header, {}}), MessageType::kAuthRequest);
}

void send_plain(Context& c, Link* link, MessageType type) {
  send_bytes(c, link, encode({make_header(c, type), {}}), type);
}

void send_module(Context& c, Link* link, std::uint64_t module_id, std::string payload) {
  const ModuleBody body{module_id, 0, std::move(payload)};
  send_bytes(c, link, encode({make_header(c, MessageType::kModule), body}), MessageType::kModule);
}

void publish(Context& c, std::string_view channel, std::string_view message, bool sharded) {
  const MessageType type = sharded ? MessageType::kPublishShard : MessageType::kPublish;
  const std::string bytes =
      encode({make_header(c, type), PublishBody{std::string(channel), std::string(message)}});
  if (!sharded) return broadcast(c, bytes, type);
  const auto tell = [&](const Node& node) {
    if (!node.has(flag::kMyself | flag::kHandshake)) send_bytes(c, node.link, bytes, type);
  };
  const Node& master = c.state.my_master();
  tell(master);
  for (const Node* replica : master.replicas) tell(*replica);
}

}  // namespace node::cluster::bus
