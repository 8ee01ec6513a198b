#include "server/cluster/cluster.h"

#include <algorithm>

#include "server/cluster/bus.h"
#include "server/cluster/command.h"
#include "server/cluster/context.h"
#include "server/cluster/election.h"
#include "server/cluster/gossip.h"
#include "server/cluster/health.h"
#include "server/cluster/manual_failover.h"
#include "server/cluster/migration.h"
#include "server/cluster/nodes_conf.h"
#include "server/cluster/open_slots.h"
#include "server/cluster/ownership.h"
#include "server/cluster/receive.h"
#include "server/cluster/strong_mode.h"

namespace node::cluster {
namespace {

/// One deferred rule may make another one due (an election that starts at once): few rounds reach the end.
constexpr int kMaxRounds = 4;
/// Who has not said yet which of the nodes known here it is may say no more than pings do, and not for ever.
constexpr std::size_t kStrangerBytes = 1 << 20;
constexpr Ms kStrangerLife = 60000;
constexpr int kTicksPerLook = 10;
constexpr Ms kSyncDelay = 1000;  // of changes that no vote and no epoch of our own rests on

void apply_config(Context& c) {
  Node& me = c.me();
  const std::uint16_t before = me.flags;
  if (!c.config.announce_ip.empty()) me.ip = c.config.announce_ip;
  me.hostname = c.config.announce_hostname;
  me.port = c.config.announce_port != 0 ? c.config.announce_port : c.config.port;
  me.cport = c.config.announce_bus_port != 0 ? c.config.announce_bus_port : c.config.effective_bus_port();
  me.flags = static_cast<std::uint16_t>((me.flags & ~flag::kNoFailover) |
                                        (c.config.replica_no_failover ? flag::kNoFailover : 0));
  if (me.flags == before) return;
  c.save_soon();
  c.update_soon();
}

void run_deferred(Context& c) {
  for (int round = 0; round < kMaxRounds && (c.todo.manual_failover || c.todo.failover); ++round) {
    const bool by_hand = std::exchange(c.todo.manual_failover, false);
    c.todo.failover = false;
    if (c.me().is_master()) break;
    if (by_hand) manual_failover::advance(c);
    election::advance(c);
  }
  if (c.todo.update_state) health::update(c);
}

void close_strangers(Context& c) {
  std::vector<Link*> old;
  for (const auto& [id, link] : c.links)
    if (link->inbound && link->node == nullptr && c.now - link->created > kStrangerLife)
      old.push_back(link.get());
  for (Link* link : old) bus::close(c, *link);
}

void add_persist(Context& c) {
  const Persist persist{write_nodes_conf(c.state), c.todo.fsync};
  if (persist.fsync) {
    c.unsynced_since = 0;
  } else if (c.unsynced_since == 0) {
    c.unsynced_since = c.now;
  }
  c.todo.save = c.todo.fsync = false;
  c.actions.insert(c.config.defects(Defect::kVoteBeforePersist) ? c.actions.end() : c.actions.begin(),
                   persist);
}

}  // namespace

Cluster::Cluster(Config config, Host& host, std::uint64_t seed, Ms now)
    : context_(std::make_unique<Context>(std::move(config), host, seed)) {
  Context& c = *context_;
  c.now = now;
  c.state.myself =
      &c.state.add(NodeId::from_bytes(c.prng.hex(NodeId::kLength)), flag::kMyself | flag::kMaster, now);
  apply_config(c);
  strong_mode::begin(c);
  c.save_synced();
  c.update_soon();
}

Cluster::~Cluster() = default;

std::optional<std::string> Cluster::load(std::string_view nodes_conf, Ms now) {
  Context& c = *context_;
  c.now = now;
  if (nodes_conf.find_first_not_of("\n\r ") == std::string_view::npos) return std::nullopt;
  auto fresh = State{};
  if (auto error = read_nodes_conf(nodes_conf, fresh, now)) return error;
  if (c.config.strong && !fresh.strong.empty() && !strong::Durable::parse(fresh.strong))
    return "what strong mode must not forget is corrupt";
  c.state = std::move(fresh);
  if (c.config.defects(Defect::kEpochsForgotten)) c.state.current_epoch = c.state.last_vote_epoch = 0;
  c.todo.save = c.todo.fsync = false;
  c.log(LogLevel::kNotice, "Node configuration loaded, I'm {}", c.me().id.view());
  apply_config(c);
  strong_mode::begin(c);
  c.update_soon();
  return std::nullopt;
}

void Cluster::verify_against_data(Ms now) {
  Context& c = *context_;
  c.now = now;
  if (c.me().is_replica() || strong_mode::founded(c)) return;
  bool changed = false;
  for (int slot = 0; slot < kSlotCount; ++slot) {
    Node* owner = c.state.owner[slot];
    if (c.is_me(owner) || c.state.importing_from(slot) != nullptr || c.host.keys_in_slot(slot) == 0) continue;
    changed = true;
    if (owner == nullptr) {
      c.log(LogLevel::kWarning, "I have keys for unassigned slot {}. Taking responsibility for it.", slot);
      ownership::assign(c, slot, c.me());
    } else {
      c.log(
          LogLevel::kWarning,
          "I have keys for slot {}, but the slot is assigned to another node. Setting it to importing state.",
          slot);
      c.state.importing[slot] = owner;
    }
  }
  if (changed) c.save_synced();
}

LinkId Cluster::on_accept(std::string_view peer_ip, std::string_view local_ip, Ms now) {
  context_->now = now;
  return bus::accept(*context_, peer_ip, local_ip).id;
}

void Cluster::on_link_up(LinkId id, std::string_view local_ip, Ms now) {
  Context& c = *context_;
  c.now = now;
  Link* link = bus::find(c, id);
  if (link == nullptr || link->inbound || link->up) return;
  link->up = true;
  link->local_ip = local_ip;
  Node& node = *link->node;
  const Ms waiting_since = node.ping_sent;
  bus::send_ping(c, *link, node.has(flag::kMeet) ? MessageType::kMeet : MessageType::kPing);
  // A new connection is no answer: the silence counts from the first ping that was not answered.
  if (waiting_since != 0) node.ping_sent = waiting_since;
  node.flags &= static_cast<std::uint16_t>(~flag::kMeet);
}

void Cluster::on_link_down(LinkId id, Ms now) {
  Context& c = *context_;
  c.now = now;
  Link* link = bus::find(c, id);
  if (link == nullptr) return;
  // Who cannot even be connected to gets no ping to leave unanswered: count from here.
  if (!link->inbound && !link->up && link->node->ping_sent == 0) link->node->ping_sent = now;
  bus::forget(c, *link);
}

void Cluster::on_bytes(LinkId id, std::string_view bytes, Ms now) {
  Context& c = *context_;
  c.now = now;
  Link* link = bus::find(c, id);
  if (link == nullptr) return;
  const auto longest = [&c, id]() -> std::size_t {
    const Link& from = *bus::find(c, id);
    return from.node != nullptr && !from.node->in_handshake() ? UINT32_MAX : kStrangerBytes;
  };
  const bool sane = Framer::feed(link->received, bytes, longest, [&c, id](std::string_view frame) {
    receive(c, *bus::find(c, id), frame);
    return bus::find(c, id) != nullptr;
  });
  if (sane) return;
  c.log(LogLevel::kWarning, "Bad message length or signature received from Cluster bus.");
  bus::close(c, *bus::find(c, id));
}

void Cluster::on_tick(Ms now) {
  Context& c = *context_;
  c.now = now;
  ++c.ticks;
  gossip::advance(c);
  Node* master = c.me().master;
  if (c.me().is_replica() && !c.following && master != nullptr && !master->has(flag::kNoAddr)) {
    c.following = true;
    c.actions.push_back(ReplicateFrom{master->ip, master->port});
  }
  if (c.ticks % kTicksPerLook == 0) close_strangers(c);
  manual_failover::check_timeout(c);
  if (c.me().is_replica()) {
    manual_failover::advance(c);
    election::advance(c);
    if (!c.strong) migration::advance(c);
  }
  strong_mode::advance(c);
  if (!c.state.ok) c.update_soon();
  if (c.unsynced_since != 0 && c.now - c.unsynced_since >= kSyncDelay) c.save_synced();
}

void Cluster::on_config_changed(Ms now) {
  context_->now = now;
  apply_config(*context_);
  context_->update_soon();
}

Actions Cluster::drain(Ms now) {
  Context& c = *context_;
  c.now = now;
  manual_failover::on_performed(c);
  if (c.manual.end != 0 && c.me().is_replica()) c.todo.manual_failover = true;
  run_deferred(c);
  strong_mode::collect(c);
  if (c.todo.update_state) health::update(c);
  if (c.todo.save) add_persist(c);
  if (c.manual.pause == ManualFailover::Pause::kAsked) c.manual.pause = ManualFailover::Pause::kHandedOut;
  return std::exchange(c.actions, {});
}

Reply Cluster::command(std::span<const std::string_view> argv, Ms now) {
  context_->now = now;
  return run_command(*context_, argv);
}

void Cluster::publish(std::string_view channel, std::string_view message, bool sharded, Ms now) {
  context_->now = now;
  bus::publish(*context_, channel, message, sharded);
}

void Cluster::break_links(std::string_view node_id, bool to, bool from, Ms now) {
  Context& c = *context_;
  c.now = now;
  Node* node = c.state.find(node_id);
  if (node == nullptr) return;
  if (to && node->link != nullptr) bus::close(c, *node->link);
  if (from && node->inbound != nullptr) bus::close(c, *node->inbound);
}

const State& Cluster::state() const {
  return context_->state;
}
const Config& Cluster::config() const {
  return context_->config;
}
Config& Cluster::config() {
  return context_->config;
}
bool Cluster::manual_failover_in_progress() const {
  return context_->manual.end != 0;
}
std::string Cluster::nodes_conf() const {
  return write_nodes_conf(context_->state);
}
std::string Cluster::open_slots() const {
  return open_slots::write(context_->state);
}
void Cluster::learn_open_slots(std::string_view text, Ms now) {
  context_->now = now;
  open_slots::read(*context_, text);
}
strong::Strong* Cluster::strong() const {
  return context_->strong.get();
}
void Cluster::begin_life() {
  if (context_->strong) strong_mode::begin_life(*context_);
}
std::string Cluster::info() const {
  return info_text(*context_);
}

}  // namespace node::cluster
