#include "server/cluster/gossip.h"

#include <algorithm>

#include "server/cluster/bus.h"
#include "server/cluster/failure.h"

namespace node::cluster::gossip {
namespace {

constexpr Ms kMinHandshakeLife = 1000;
constexpr int kTicksPerPing = 10;   // one regular ping a second ...
constexpr int kPingCandidates = 5;  // ... to the longest unheard of these
constexpr Ms kClockTolerance = 500;
constexpr std::size_t kMaxUnanswered = 1000;  // addresses; anybody may send MEET

bool banned(Context& c, const NodeId& id) {
  std::erase_if(c.banned, [&c](const auto& entry) { return entry.second < c.now; });
  return c.banned.contains(id) && !c.config.defects(Defect::kForgetUnbanned);
}

void set_address(Node& node, const std::string& ip, const Gossip& g) {
  node.ip = ip;
  node.port = g.port;
  node.pport = g.pport;
  node.cport = g.cport;
}

void learn(Context& c, const Gossip& g) {
  if ((g.flags & flag::kNoAddr) != 0 || !NodeId::parse(g.id.view()) || banned(c, g.id)) return;
  std::uint16_t flags = g.flags & (flag::kMaster | flag::kReplica | flag::kFail | flag::kNoFailover);
  if ((flags & flag::kReplica) != 0) flags &= static_cast<std::uint16_t>(~flag::kMaster);
  Node& node = c.state.add(g.id, flags, c.now);
  if (node.failed()) node.fail_time = c.now;
  set_address(node, g.ip, g);
  c.save_soon();
}

void hear_about(Context& c, Node& node, Node& sender, const Gossip& g) {
  const bool failing = (g.flags & (flag::kFail | flag::kPfail)) != 0;
  if (sender.is_master() && !c.is_me(&node)) failure::on_report(c, node, sender, failing);
  if (failing) return;
  // Somebody had a pong from it: we need not ping it ourselves that soon.
  if (node.ping_sent == 0 && failure::count_reports(c, node) == 0) {
    const Ms pong = static_cast<Ms>(g.pong_received_s) * 1000;
    if (pong <= c.now + kClockTolerance && pong > node.pong_received) node.pong_received = pong;
  }
  // It fails for us but not for them: perhaps it moved.
  const bool moved = node.ip != g.ip || node.port != g.port || node.cport != g.cport;
  if (node.has(flag::kFail | flag::kPfail) && (g.flags & flag::kNoAddr) == 0 && moved) {
    if (node.link != nullptr) bus::close(c, *node.link);
    set_address(node, g.ip, g);
    node.flags &= static_cast<std::uint16_t>(~flag::kNoAddr);
  }
}

void check_send_buffer(Context& c, Link* link) {
  if (link == nullptr || c.config.link_sendbuf_limit == 0) return;
  const std::size_t used = c.host.link_buffer(link->id).allocated;
  if (used <= c.config.link_sendbuf_limit) return;
  c.log(LogLevel::kWarning,
        "Freeing cluster link({} node {}, used memory: {}) due to exceeding send buffer memory limit.",
        link->inbound ? "from" : "to", link->node->id.view(), used);
  ++c.stats.links_over_limit;
  bus::close(c, *link);
}

void give_up_handshake(Context& c, Node& node) {
  if (c.unanswered.size() < kMaxUnanswered) c.unanswered.insert({node.ip, node.port, node.cport});
  drop_node(c, node);
}

void reconnect(Context& c) {
  const Ms handshake_life = std::max(c.config.node_timeout, kMinHandshakeLife);
  std::vector<Node*> expired;
  c.pfail_nodes = 0;
  for (const auto& node : c.state.nodes()) {
    check_send_buffer(c, node->link);
    check_send_buffer(c, node->inbound);
    if (node->has(flag::kMyself | flag::kNoAddr)) continue;
    if (node->pfailed()) ++c.pfail_nodes;
    if (node->in_handshake() && c.now - node->created > handshake_life) {
      expired.push_back(node.get());
    } else if (node->link == nullptr) {
      bus::open(c, *node);
    }
  }
  for (Node* node : expired) give_up_handshake(c, *node);
}

void ping_longest_unheard(Context& c) {
  const auto& nodes = c.state.nodes();
  Node* chosen = nullptr;
  for (int i = 0; i < kPingCandidates; ++i) {
    Node& node = *nodes[c.prng.below(nodes.size())];
    if (node.link == nullptr || node.ping_sent != 0 || node.has(flag::kMyself | flag::kHandshake)) continue;
    if (chosen == nullptr || node.pong_received < chosen->pong_received) chosen = &node;
  }
  if (chosen != nullptr) bus::send_ping(c, *chosen->link, MessageType::kPing);
}

}  // namespace

bool start_handshake(Context& c, std::string_view ip, int port, int cport, std::uint16_t extra_flags) {
  const auto& nodes = c.state.nodes();
  const bool running = std::any_of(nodes.begin(), nodes.end(), [&](const auto& node) {
    return node->in_handshake() && node->ip == ip && node->port == port && node->cport == cport;
  });
  if (running) return false;
  // A name of our own until the node tells its own.
  Node& node = c.state.add(NodeId::from_bytes(c.prng.hex(NodeId::kLength)),
                           static_cast<std::uint16_t>(flag::kHandshake | extra_flags), c.now);
  node.ip = ip;
  node.port = port;
  node.cport = cport;
  return true;
}

void hear_stranger(Context& c, const Link& link, const Header& header) {
  const std::string& ip = header.ip.empty() ? link.peer_ip : header.ip;
  if (ip.empty()) return;
  const bool meets = header.type == static_cast<std::uint16_t>(MessageType::kMeet);
  const bool met_before = c.unanswered.erase({ip, header.port, header.cport}) != 0;
  if (meets || met_before) start_handshake(c, ip, header.port, header.cport, 0);
}

void process(Context& c, Node& sender, const PingBody& body) {
  for (const Gossip& g : body.gossip) {
    if (Node* node = c.state.find(g.id)) {
      hear_about(c, *node, sender, g);
    } else {
      learn(c, g);
    }
  }
  for (const PingBody::Forgotten& forgotten : body.forgotten) {
    Node* node = c.state.find(forgotten.id);
    if (node == nullptr || node == &sender || c.is_me(node) || c.me().master == node) continue;
    ban(c, node->id, static_cast<Ms>(std::min<std::uint64_t>(forgotten.ttl_s, 86400) * 1000));
    drop_node(c, *node);
    c.update_soon();
    c.save_soon();
  }
}

bool update_address(Context& c, Node& sender, const Link& link, const Header& header) {
  if (&link == sender.link || c.is_me(&sender)) return false;
  const std::string& ip = header.ip.empty() ? link.peer_ip : header.ip;
  if (ip.empty()) return false;
  if (sender.port == header.port && sender.cport == header.cport && sender.pport == header.pport &&
      sender.ip == ip)
    return false;
  sender.ip = ip;
  sender.port = header.port;
  sender.pport = header.pport;
  sender.cport = header.cport;
  sender.flags &= static_cast<std::uint16_t>(~flag::kNoAddr);
  if (sender.link != nullptr) bus::close(c, *sender.link);
  c.log(LogLevel::kWarning, "Address updated for node {}, now {}:{}", sender.id.view(), sender.ip,
        sender.port);
  if (c.me().master == &sender) {
    c.following = true;
    c.actions.push_back(ReplicateFrom{sender.ip, sender.port});
  }
  return true;
}

void drop_node(Context& c, Node& node) {
  if (node.link != nullptr) bus::close(c, *node.link);
  if (node.inbound != nullptr) bus::close(c, *node.inbound);
  if (c.manual.replica == &node) {
    c.actions.push_back(ResumeWrites{});
    c.manual = ManualFailover{};
  }
  c.state.remove(node);
}

void ban(Context& c, const NodeId& id, Ms ttl) {
  c.banned[id] = c.now + ttl;
}

void advance(Context& c) {
  reconnect(c);
  if (c.ticks % kTicksPerPing == 0) ping_longest_unheard(c);
  std::vector<Node*> suspects;
  for (const auto& node : c.state.nodes()) {
    if (node->has(flag::kMyself | flag::kNoAddr | flag::kHandshake)) continue;
    if (failure::check_silence(c, *node)) suspects.push_back(node.get());
  }
  if (!suspects.empty()) c.update_soon();
  failure::tell(c, suspects);
}

}  // namespace node::cluster::gossip
