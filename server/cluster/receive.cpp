#include "server/cluster/receive.h"

#include "server/cluster/bus.h"
#include "server/cluster/election.h"
#include "server/cluster/failure.h"
#include "server/cluster/gossip.h"
#include "server/cluster/manual_failover.h"
#include "server/cluster/ownership.h"
#include "server/cluster/strong_mode.h"

namespace node::cluster {
namespace {

/// The node that speaks: the one this link belongs to (on a link of ours, once its handshake is done), else
/// the one it says it is, if we know that one. Nobody when a link speaks in another name than before: what
/// one node says must never count as another's.
Node* identify_sender(Context& c, Link& link, const Header& header) {
  if (link.node != nullptr && !link.node->in_handshake())
    return link.node->id == header.sender ? link.node : nullptr;
  Node* sender = c.state.find(header.sender);
  if (sender != nullptr && link.node == nullptr && !c.is_me(sender)) bus::bind_inbound(c, *sender, link);
  return sender;
}

/// What every header tells, whatever the type.
void learn_from_header(Context& c, Node& sender, const Header& header) {
  ownership::learn_epoch(c, header.current_epoch);
  if (header.config_epoch > sender.config_epoch) {
    sender.config_epoch = header.config_epoch;
    ownership::learn_epoch(c, header.config_epoch);
    c.save_soon();
  }
  sender.repl_offset = static_cast<std::int64_t>(header.repl_offset);
  if (c.me().is_replica() && c.me().master == &sender) manual_failover::on_master_header(c, header);
}

/// We have an address of our own only once somebody connected to it.
void learn_own_address(Context& c, const Link& link, bool meet) {
  Node& me = c.me();
  if (!c.config.announce_ip.empty() || link.local_ip.empty() || link.local_ip == me.ip) return;
  if (!meet && !me.ip.empty()) return;
  me.ip = link.local_ip;
  c.log(LogLevel::kWarning, "IP address for this node updated to {}", me.ip);
  c.save_soon();
}

/// The answer to a handshake, or a stranger where a known node was. False if the message ends here.
bool check_outbound_identity(Context& c, Link& link, Node* sender, const Header& header) {
  Node& node = *link.node;
  if (node.in_handshake()) {
    if (sender != nullptr) {  // an old acquaintance at that address
      if (gossip::update_address(c, *sender, link, header)) {
        c.save_soon();
        c.update_soon();
      }
      gossip::drop_node(c, node);
      return false;
    }
    if (!NodeId::parse(header.sender.view())) return false;
    c.state.rename(node, header.sender);
    c.unanswered.erase({node.ip, node.port, node.cport});
    node.flags &= static_cast<std::uint16_t>(~flag::kHandshake);
    node.flags |= header.flags & (flag::kMaster | flag::kReplica);
    if (node.is_replica()) node.flags &= static_cast<std::uint16_t>(~flag::kMaster);
    c.save_soon();
    return true;
  }
  if (node.id == header.sender) return true;
  c.log(LogLevel::kDebug, "PONG contains mismatching sender ID, for node {}", node.id.view());
  node.flags |= flag::kNoAddr;
  node.ip.clear();
  node.port = node.pport = node.cport = 0;
  bus::close(c, link);
  failure::on_lost_name(c, node);
  c.save_soon();
  return false;
}

void update_role(Context& c, Node& sender, const Header& header) {
  if (header.master.none()) return ownership::make_master(c, sender);
  Node* master = c.state.find(header.master);
  if (!sender.is_replica()) {
    ownership::unassign_all(c, sender);
    sender.flags &= static_cast<std::uint16_t>(~(flag::kMaster | flag::kMigrateTo));
    sender.flags |= flag::kReplica;
    c.save_soon();
    c.update_soon();
  }
  if (master == nullptr || master == &sender || sender.master == master) return;
  if (sender.master != nullptr) c.state.detach_replica(*sender.master, sender);
  c.state.attach_replica(*master, sender);
  c.save_soon();
}

void update_slots(Context& c, Node& sender, const Header& header) {
  const Node* master = sender.is_master() ? &sender : sender.master;
  if (master != nullptr && master->slots != header.slots) {
    if (sender.is_master()) ownership::apply_claim(c, sender, header.config_epoch, header.slots);
    ownership::correct_stale_claim(c, sender, header.config_epoch, header.slots);
  }
  if (sender.is_master() && c.me().is_master() && header.config_epoch == c.me().config_epoch)
    ownership::resolve_collision(c, sender);
}

void on_ping(Context& c, Link& link, Node* sender, const Message& message) {
  const Header& header = message.header;
  const auto type = static_cast<MessageType>(header.type);
  const LinkId id = link.id;
  if (type != MessageType::kPong) {
    learn_own_address(c, link, type == MessageType::kMeet);
    if (sender == nullptr) gossip::hear_stranger(c, link, header);
    bus::send_ping(c, link, MessageType::kPong);
  }
  if (!link.inbound && !check_outbound_identity(c, link, sender, header)) return;
  if (sender == nullptr && !link.inbound) {
    // The answer that ends the handshake tells all that a later one would: in a large cluster that may be
    // long.
    sender = link.node;
    sender->data_received = c.now;
    learn_from_header(c, *sender, header);
  }
  if (sender != nullptr && c.is_me(sender)) return;  // our own voice: we were told to meet ourselves
  if (sender != nullptr) {
    sender->flags =
        static_cast<std::uint16_t>((sender->flags & ~flag::kNoFailover) | (header.flags & flag::kNoFailover));
    if (type == MessageType::kPing && !sender->in_handshake() &&
        gossip::update_address(c, *sender, link, header)) {
      c.save_soon();
      c.update_soon();
    }
  }
  if (!link.inbound && type == MessageType::kPong) {
    link.node->pong_received = c.now;
    link.node->ping_sent = 0;
    failure::on_answer(c, *link.node);
  }
  if (sender == nullptr || bus::find(c, id) == nullptr) return;
  update_role(c, *sender, header);
  update_slots(c, *sender, header);
  const auto& body = std::get<PingBody>(message.body);
  if (sender->hostname != body.hostname.value_or("")) sender->hostname = body.hostname.value_or("");
  gossip::process(c, *sender, body);
}

void deliver(Context& c, const Message& message) {
  const bool sharded = static_cast<MessageType>(message.header.type) == MessageType::kPublishShard;
  if (!c.host.wants_publish(sharded)) return;
  const auto& body = std::get<PublishBody>(message.body);
  c.actions.push_back(DeliverPublish{sharded, body.channel, body.message});
}

/// Everything but pings: only what a known sender says counts.
void on_other(Context& c, Node& sender, const Message& message) {
  switch (static_cast<MessageType>(message.header.type)) {
    case MessageType::kFail:
      if (Node* failing = c.state.find(std::get<FailBody>(message.body).node))
        failure::on_fail_message(c, *failing, sender);
      break;
    case MessageType::kPublish:
    case MessageType::kPublishShard:
      deliver(c, message);
      break;
    case MessageType::kAuthRequest:
      election::on_request(c, sender, message.header);
      break;
    case MessageType::kAuthAck:
      election::on_vote(c, sender, message.header.current_epoch);
      break;
    case MessageType::kMfStart:
      update_role(c, sender, message.header);  // its last ping may be older than its change of masters
      manual_failover::on_start_message(c, sender);
      break;
    case MessageType::kUpdate:
      ownership::on_update(c, std::get<UpdateBody>(message.body));
      break;
    case MessageType::kModule:
      strong_mode::on_module(c, sender, std::get<ModuleBody>(message.body));
      break;
    default:
      break;
  }
}

}  // namespace

void receive(Context& c, Link& link, std::string_view frame) {
  // Counted before it is judged: what came in malformed came in.
  if (const std::uint16_t type = message_type(frame); type < kMessageTypes) ++c.stats.received[type];
  const auto decoded = decode(frame);
  if (const auto* error = std::get_if<DecodeError>(&decoded)) {
    c.log(LogLevel::kWarning, "Received invalid packet {}", error->reason);
    return;
  }
  const auto& message = std::get<Message>(decoded);
  const Header& header = message.header;
  if (header.version != kProtocolVersion || header.type == c.config.drop_packet_type) return;
  if (header.type >= kMessageTypes) {
    c.log(LogLevel::kVerbose, "Received unknown packet type: {}", header.type);
    return;
  }
  Node* sender = identify_sender(c, link, header);
  if (sender != nullptr && !c.is_me(sender)) {
    sender->data_received = c.now;
    if (!sender->in_handshake()) learn_from_header(c, *sender, header);
  }
  if (is_ping(header.type)) {
    on_ping(c, link, sender, message);
  } else if (sender != nullptr && !c.is_me(sender)) {
    on_other(c, *sender, message);
  } else {
    c.log(LogLevel::kNotice, "Ignoring {} message from unknown node {}",
          message_type_name(static_cast<MessageType>(header.type)), header.sender.view());
  }
}

}  // namespace node::cluster
