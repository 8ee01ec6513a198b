#include "server/node/cluster_link.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <sstream>

#include "server/cluster/redirect.h"
#include "server/cluster/slot.h"
#include "server/node/node.h"
#include "server/node/replication_link.h"
#include "server/node/reply_encode.h"

namespace node {

namespace {
char level_of(LogLevel level) {
  return ".-*#"[static_cast<int>(level)];
}
constexpr std::size_t kBusRead = 64 * 1024;
/// Connections to the bus besides two for each known node.
constexpr std::size_t kStrangers = 512;
}  // namespace

ClusterLink::ClusterLink(Node& node) : node_(node), file_(node.config().cluster_config_file) {
  cluster_ =
      std::make_unique<cluster::Cluster>(read_config(), *this, random_source().next(), node_.steady_ms());
}

ClusterLink::~ClusterLink() = default;

cluster::Config ClusterLink::read_config() const {
  const Config& c = node_.config();
  cluster::Config out = cluster_ ? cluster_->config() : cluster::Config{};
  out.node_timeout = c.cluster_node_timeout;
  out.port = static_cast<int>(c.port);
  out.bus_port = doors_.empty() ? static_cast<int>(c.cluster_port) : bus_port_;
  out.announce_ip = c.cluster_announce_ip;
  out.announce_hostname = c.cluster_announce_hostname;
  out.announce_port = static_cast<int>(c.cluster_announce_port);
  out.announce_bus_port = static_cast<int>(c.cluster_announce_bus_port);
  out.preferred_endpoint = c.cluster_preferred_endpoint == "hostname" ? cluster::EndpointType::kHostname
                           : c.cluster_preferred_endpoint == "ip"     ? cluster::EndpointType::kIp
                                                                      : cluster::EndpointType::kUnknown;
  out.migration_barrier = static_cast<int>(c.cluster_migration_barrier);
  out.allow_replica_migration = c.cluster_replica_migration;
  out.replica_validity_factor = static_cast<int>(c.cluster_validity_factor);
  out.repl_ping_period = c.repl_ping_period_s * 1000;
  out.replica_no_failover = c.cluster_no_failover;
  out.require_full_coverage = c.cluster_full_coverage;
  out.allow_reads_when_down = c.cluster_reads_when_down;
  out.allow_pubsubshard_when_down = c.cluster_pubsub_when_down;
  out.link_sendbuf_limit = static_cast<std::size_t>(c.cluster_link_sendbuf_limit);
  out.strong = c.cluster_strong;
  out.defects = c.defects;
  return out;
}

// ---- nodes.conf
// -------------------------------------------------------------------------------------------------

std::optional<std::string> ClusterLink::load() {
  std::string text;
  if (auto why = file_.open(text)) return why;
  if (auto why = cluster_->load(text, node_.steady_ms()))
    return "Unrecoverable error: corrupted cluster config file " + file_.path() + ": " + *why;
  if (text.empty()) {
    node_.log('*', "No cluster configuration found, I'm " + cluster_->state().myself->id.str());
    persist(cluster_->nodes_conf(), true);
  } else {
    node_.log('*', "Node configuration loaded, I'm " + cluster_->state().myself->id.str());
  }
  return std::nullopt;
}

void ClusterLink::persist(std::string_view text, bool sync) {
  // Without room for the small file there may be some for the other: the old one's, once it is replaced.
  if (!sync && !file_.amend(text)) return;
  const auto why = file_.replace(text);
  if (!why) return;
  // A vote or an epoch must never leave a node that could forget it. The old file is whole.
  node_.log('#', "Fatal: can't update cluster config file " + file_.path() + ": " + *why);
  _exit(1);
}

void ClusterLink::save_config() {
  persist(cluster_->nodes_conf(), true);
}

void ClusterLink::verify_against_data() {
  cluster_->verify_against_data(node_.steady_ms());
}

// ---- bus sockets
// ------------------------------------------------------------------------------------------------

std::optional<std::string> ClusterLink::listen() {
  const Config& config = node_.config();
  const int port = cluster_->config().effective_bus_port();
  if (port > 65535)
    return "Redis port number too high for cluster mode. Cluster port number should be base port number + "
           "10000 and less "
           "than 65536: set cluster-port.";
  bus_port_ = port;
  std::istringstream in(config.bind.empty() ? "127.0.0.1" : config.bind);
  for (std::string address; in >> address;) {
    const bool optional_address = address.starts_with('-');
    if (optional_address) address.erase(0, 1);
    try {
      auto door = std::make_unique<Door>();
      door->owner = this;
      door->socket = listen_tcp(address, port, static_cast<int>(config.backlog));
      node_.loop().add(door->socket.fd(), EPOLLIN, door.get());
      doors_.push_back(std::move(door));
    } catch (const std::runtime_error& error) {
      if (!optional_address)
        return "Failed listening on port " + std::to_string(port) + " (cluster bus): " + error.what();
    }
  }
  return std::nullopt;
}

void ClusterLink::Door::on_event(std::uint32_t) {
  owner->accept(*this);
}

void ClusterLink::accept(Door& door) {
  for (int i = 0; i < 100; ++i) {
    Socket s = accept_tcp(door.socket);
    if (!s) return;
    if (links_.size() > 2 * cluster_->state().nodes().size() + kStrangers) continue;
    set_nodelay(s);
    auto bus = std::make_unique<Bus>();
    bus->owner = this;
    bus->id = cluster_->on_accept(peer_of(s).ip, local_of(s).ip, node_.steady_ms());
    bus->socket = std::move(s);
    node_.loop().add(bus->socket.fd(), EPOLLIN, bus.get());
    links_.emplace(bus->id, std::move(bus));
  }
}

void ClusterLink::open_link(const cluster::Connect& c) {
  auto bus = std::make_unique<Bus>();
  bus->owner = this;
  bus->id = c.link;
  bus->connecting = true;
  // From the address we are bound to, so that the peer sees the address it knows.
  std::string source;
  const std::string& bind = node_.config().bind;
  if (const std::string first = bind.substr(0, bind.find(' '));
      first.find('*') == std::string::npos && first != "0.0.0.0" && first != "::")
    source = first;
  bus->socket = connect_tcp(c.ip, c.port, source);
  if (!bus->socket) {
    cluster_->on_link_down(c.link, node_.steady_ms());
    return;
  }
  set_nodelay(bus->socket);
  bus->watching_write = true;
  node_.loop().add(bus->socket.fd(), EPOLLIN | EPOLLOUT, bus.get());
  links_.emplace(c.link, std::move(bus));
}

void ClusterLink::link_failed(Bus& bus) {
  const cluster::LinkId id = bus.id;
  drop_link(id);
  cluster_->on_link_down(id, node_.steady_ms());
}

void ClusterLink::drop_link(cluster::LinkId id) {
  const auto it = links_.find(id);
  if (it == links_.end()) return;
  it->second->gone = true;
  node_.loop().remove(it->second->socket.fd());
  it->second->socket.reset();
  dead_.push_back(std::move(it->second));
  links_.erase(it);
}

void ClusterLink::Bus::on_event(std::uint32_t events) {
  if (gone) return;
  if (connecting) {
    if (connect_result(socket) != 0) return owner->link_failed(*this);
    if (!(events & EPOLLOUT)) return;
    connecting = false;
    owner->cluster_->on_link_up(id, local_of(socket).ip, owner->node_.steady_ms());
    if (gone) return;
  }
  if (events & EPOLLOUT) flush();
  if (gone || !(events & EPOLLIN)) return;
  static thread_local std::vector<char> scratch(kBusRead);
  const ssize_t n = recv(socket.fd(), scratch.data(), scratch.size(), 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) return owner->link_failed(*this);
  owner->cluster_->on_bytes(id, {scratch.data(), static_cast<std::size_t>(n)}, owner->node_.steady_ms());
}

std::size_t ClusterLink::link_memory() const {
  std::size_t bytes = 0;
  for (const auto& [id, bus] : links_) bytes += sizeof(Bus) + bus->out.capacity();
  return bytes;
}

void ClusterLink::Bus::flush() {
  while (sent < out.size()) {
    const ssize_t n = ::send(socket.fd(), out.data() + sent, out.size() - sent, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) break;
    if (n <= 0) return owner->link_failed(*this);
    sent += static_cast<std::size_t>(n);
  }
  const bool more = sent < out.size();
  if (!more) {
    std::string().swap(out);
    sent = 0;
  }
  if (more == watching_write) return;
  watching_write = more;
  owner->node_.loop().change(socket.fd(), more ? EPOLLIN | EPOLLOUT : EPOLLIN, this);
}

// ---- actions
// ----------------------------------------------------------------------------------------------------

void ClusterLink::tick() {
  cluster_->on_tick(node_.steady_ms());
}

void ClusterLink::perform() {
  tell_open_slots();
  if (!node_.busy())
    for (const cluster::Action& a : std::exchange(deferred_, {})) act(a);
  // Performing may lead to more (a link that fails at once); a few rounds settle it, the rest waits a turn.
  for (int round = 0; round < 8; ++round) {
    const cluster::Actions actions = cluster_->drain(node_.steady_ms());
    if (actions.empty()) break;
    for (const cluster::Action& a : actions) act(a);
  }
  if (!node_.busy() && std::exchange(ownership_seen_, cluster_->state().ownership_changes) !=
                           cluster_->state().ownership_changes)
    node_.engine().redirect_blocked();
}

void ClusterLink::send(const cluster::Send& s) {
  const auto it = links_.find(s.link);
  if (it == links_.end()) return;
  Bus& bus = *it->second;
  bus.out += s.bytes;
  if (!bus.connecting) bus.flush();
}

void ClusterLink::delete_keys(int slot) {
  Engine& engine = node_.engine();
  Database& db = engine.db(0);
  std::vector<std::string> keys;
  db.for_slot(slot, db.keys_in_slot(slot), [&](std::string_view key) { keys.emplace_back(key); });
  engine.begin_unit();
  for (const std::string& key : keys) {
    db.remove(key);
    db.touched(key);
    ++engine.state.dirty;
    if (!node_.replication().is_replica()) engine.enqueue_propagation(0, {"DEL", key});
  }
  engine.end_unit();
}

void ClusterLink::act(const cluster::Action& action) {
  // While a script runs, messages go out; whatever touches data or clients waits for its end.
  const bool to_the_bus =
      std::holds_alternative<cluster::Connect>(action) || std::holds_alternative<cluster::Send>(action) ||
      std::holds_alternative<cluster::Close>(action) || std::holds_alternative<cluster::Persist>(action) ||
      std::holds_alternative<cluster::Log>(action);
  if (node_.busy() && !to_the_bus) {
    deferred_.push_back(action);
    return;
  }
  struct Performer {
    ClusterLink& link;
    Node& node;
    void operator()(const cluster::Connect& a) const { link.open_link(a); }
    void operator()(const cluster::Send& a) const { link.send(a); }
    void operator()(const cluster::Close& a) const { link.drop_link(a.link); }
    void operator()(const cluster::Persist& a) const { link.persist(a.text, a.fsync); }
    void operator()(const cluster::BecomeMaster&) const { node.replication().become_master(); }
    void operator()(const cluster::ReplicateFrom& a) const { node.replication().follow(a.ip, a.port); }
    void operator()(const cluster::FlushData&) const {
      node.engine().state.dirty += node.engine().total_keys();
      node.engine().flush_all();
      node.engine().begin_unit();
      node.engine().enqueue_propagation(0, {"FLUSHALL"});
      node.engine().end_unit();
    }
    void operator()(const cluster::DeleteKeysInSlot& a) const { link.delete_keys(a.slot); }
    void operator()(const cluster::DropShardChannels& a) const {
      node.engine().pubsub.drop_shard_channels(
          [&](std::string_view channel) { return cluster::slot_of(channel) == a.slot; },
          [&](const Subscriber& s) { node.clients().wake(s); });
    }
    void operator()(const cluster::DropForeignShardChannels&) const {
      const cluster::State& state = link.cluster_->state();
      node.engine().pubsub.drop_shard_channels(
          [&](std::string_view channel) {
            return state.owner[cluster::slot_of(channel)] != &state.my_master();
          },
          [&](const Subscriber& s) { node.clients().wake(s); });
    }
    void operator()(const cluster::DeliverPublish& a) const {
      node.engine().pubsub.publish(a.channel, a.message, a.sharded,
                                   [&](const Subscriber& s) { node.clients().wake(s); });
    }
    void operator()(const cluster::PauseWrites& a) const { node.clients().pause_writes(a.until); }
    void operator()(const cluster::ResumeWrites&) const { node.clients().resume_writes(); }
    void operator()(const cluster::StateChanged&) const { node.engine().redirect_blocked(); }
    void operator()(const cluster::DropAnswers&) const { node.clients().drop_held_answers(); }
    void operator()(const cluster::Log& a) const { node.log(level_of(a.level), a.text); }
  };
  std::visit(Performer{*this, node_}, action);
}

// ---- what the cluster asks
// --------------------------------------------------------------------------------------

std::size_t ClusterLink::key_count() const {
  return node_.engine().db(0).size();
}
std::size_t ClusterLink::keys_in_slot(int slot) const {
  return node_.engine().db(0).keys_in_slot(slot);
}

std::vector<std::string> ClusterLink::some_keys_in_slot(int slot, std::size_t max) const {
  std::vector<std::string> keys;
  node_.engine().db(0).for_slot(slot, max, [&](std::string_view key) { keys.emplace_back(key); });
  return keys;
}

std::int64_t ClusterLink::replication_offset() const {
  return node_.replication().usable_offset();
}
cluster::ReplicaView ClusterLink::replica_view() const {
  return node_.replication().view();
}

cluster::LinkBuffer ClusterLink::link_buffer(cluster::LinkId link) const {
  const auto it = links_.find(link);
  if (it == links_.end()) return {};
  return {it->second->out.size() - it->second->sent, it->second->out.capacity()};
}

bool ClusterLink::wants_publish(bool sharded) const {
  return node_.engine().pubsub.any(sharded);
}

// ---- what commands ask
// ------------------------------------------------------------------------------------------

std::optional<std::string> ClusterLink::redirect(const RouteQuery& q, const KeyExists& key_exists) {
  const cluster::Request request{q.keys, q.write, q.asking, q.readonly, q.shard_pubsub, q.migrate};
  const cluster::Route route = cluster::route(cluster_->state(), cluster_->config(), request, key_exists);
  if (route.kind != cluster::Route::Kind::kExecute) return cluster::error_text(route, cluster_->config());
  // A replica's answers are what READONLY asks for: stale.
  if (strong() == nullptr || is_replica()) return std::nullopt;
  if (!strong()->may_serve(node_.steady_ms()))
    return "MASTERDOWN This master holds no lease (cluster-strong)";
  touched_ = true;
  return std::nullopt;
}

std::string ClusterLink::strong_copy() const {
  return strong() != nullptr && strong()->founded() ? strong()->self().text() : std::string();
}

void ClusterLink::begin_life() {
  if (strong() == nullptr) return;
  cluster_->begin_life();
  save_config();
}

bool ClusterLink::may_answer(std::int64_t offset) {
  return strong() == nullptr || strong()->may_answer(offset, node_.steady_ms());
}

std::optional<std::string> ClusterLink::redirect_blocked(std::string_view key, bool readonly_client) {
  const cluster::Route route = cluster::route_blocked(cluster_->state(), key, readonly_client, true);
  if (route.kind == cluster::Route::Kind::kExecute) return std::nullopt;
  return cluster::error_text(route, cluster_->config());
}

std::string ClusterLink::command(std::span<const std::string_view> argv, int resp) {
  Writer out;
  out.set_resp(resp);
  encode_reply(cluster_->command(argv, node_.steady_ms()), out);
  tell_open_slots();  // replicas have it before the bus does, and before what MIGRATE will delete
  // What it changed is on disk before the reply leaves.
  perform();
  return std::move(out.buffer());
}

/// As a capability without a meaning to others: REPLCONF takes any, so that a stock replica executes this
/// line of the stream without an effect, where CLUSTER SETSLOT would be an error to it. All open slots each
/// time, so that one line suffices, whatever the replica knew.
void ClusterLink::tell_open_slots(bool again) {
  // While a failover by hand waits for an offset, nothing but writes may move it.
  if (is_replica() || cluster_->manual_failover_in_progress()) return;
  std::string open = cluster_->open_slots();
  if (open == told_open_slots_ && !(again && (replicas_know_open_slots_ || !open.empty()))) return;
  const std::string capability = std::string(kOpenSlots) + open;
  std::string line;
  const std::string_view words[] = {"REPLCONF", "capa", capability};
  append_command(line, words, std::size(words));
  node_.replication().feed(0, line);
  told_open_slots_ = std::move(open);
  replicas_know_open_slots_ = true;
  if (again) return;
  node_.replication().forward();
  node_.clients().flush_replicas();
}

void ClusterLink::learn_open_slots(std::string_view text) {
  cluster_->learn_open_slots(text, node_.steady_ms());
  replicas_know_open_slots_ = true;
}

void ClusterLink::publish(std::string_view channel, std::string_view message, bool sharded) {
  cluster_->publish(channel, message, sharded, node_.steady_ms());
}

bool ClusterLink::break_links(std::string_view node_id, bool to, bool from) {
  if (cluster_->state().find(node_id) == nullptr) return false;
  cluster_->break_links(node_id, to, from, node_.steady_ms());
  perform();
  return true;
}

int ClusterLink::slot_of(std::string_view key) const {
  return cluster::slot_of(key);
}
bool ClusterLink::state_ok() const {
  return cluster_->state().ok;
}
bool ClusterLink::is_replica() const {
  return cluster_->is_replica();
}

void ClusterLink::config_changed() {
  cluster_->config() = read_config();
  cluster_->on_config_changed(node_.steady_ms());
}

void ClusterLink::drop_packets(int type) {
  cluster_->config().drop_packet_type = type;
}

}  // namespace node
