/// The node's clients: accepted, looked up, held back by a pause, closed when they ask for more than they
/// may.
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sstream>

#include "server/keyspace/limits.h"
#include "server/node/cluster_link.h"
#include "server/node/node.h"
#include "server/node/replication_link.h"

namespace node {

namespace {
constexpr std::int64_t kOtherDescriptors = 1024;  // of files and the bus
constexpr std::int64_t kStrangerOutput = 64 << 10;
}  // namespace

// ---- listening
// --------------------------------------------------------------------------------------------------

void Node::listen_on(Socket socket, bool tcp) {
  auto listener = std::make_unique<Listener>();
  listener->node = this;
  listener->socket = std::move(socket);
  listener->tcp = tcp;
  loop_.add(listener->socket.fd(), EPOLLIN, listener.get());
  listeners_.push_back(std::move(listener));
}

std::optional<std::string> Node::open_ports() {
  if (!config_.unixsocket.empty()) {
    try {
      const unsigned permissions =
          static_cast<unsigned>(std::stoul(config_.unixsocket_permissions, nullptr, 8));
      listen_on(listen_unix(config_.unixsocket, permissions, static_cast<int>(config_.backlog)), false);
    } catch (const std::logic_error&) {
      return "unixsocketperm is no octal number: " + config_.unixsocket_permissions;
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  }
  return open_tcp_ports();
}

std::optional<std::string> Node::open_tcp_ports() {
  listening_on_.clear();
  const std::string wanted = std::to_string(config_.port) + " " + config_.bind;
  std::istringstream in(config_.bind.empty() ? "127.0.0.1" : config_.bind);
  std::size_t opened = 0;
  for (std::string address; config_.port != 0 && in >> address;) {
    // A leading minus: not an error when the address is not there.
    const bool optional_address = address.starts_with('-');
    if (optional_address) address.erase(0, 1);
    try {
      listen_on(listen_tcp(address, static_cast<int>(config_.port), static_cast<int>(config_.backlog)), true);
      ++opened;
    } catch (const std::runtime_error& error) {
      if (!optional_address)
        return "Failed listening on port " + std::to_string(config_.port) + ": " + error.what();
    }
  }
  if (config_.port != 0 && opened == 0) return "no address to listen on: check the bind directive";
  listening_on_ = wanted;
  return std::nullopt;
}

std::optional<std::string> Node::listen_again() {
  if (listening_on_ == std::to_string(config_.port) + " " + config_.bind) return std::nullopt;
  // The old ones go first, since the new may overlap with them; the caller comes back with the old
  // configuration if this fails.
  for (auto& listener : listeners_) {
    if (!listener->tcp) continue;
    loop_.remove(listener->socket.fd());
    listener->socket.reset();
    closed_listeners_.push_back(std::move(listener));
  }
  std::erase(listeners_, nullptr);
  auto why = open_tcp_ports();
  if (why) log('#', *why);
  return why ? std::optional<std::string>("Unable to listen on this port. Check server logs.") : std::nullopt;
}

std::int64_t Node::clients_possible(std::int64_t wanted) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
  const auto needed = static_cast<rlim_t>(wanted + kOtherDescriptors);
  if (limit.rlim_cur < needed) {
    limit.rlim_cur = std::min(needed, limit.rlim_max);
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
  }
  if (limit.rlim_cur >= needed) return wanted;
  const auto there = static_cast<std::int64_t>(limit.rlim_cur);
  return std::max<std::int64_t>(1, there - std::min(kOtherDescriptors, there / 4));
}

// ---- clients
// ----------------------------------------------------------------------------------------------------

void Node::Listener::on_event(std::uint32_t) {
  node->accept_clients(*this);
}

void Node::accept_clients(Listener& listener) {
  for (int i = 0; i < 1000 && listener.socket; ++i) {
    Socket s = accept_tcp(listener.socket);
    if (!s) return;
    ++connections_total_;
    auto refuse = [&](std::string_view line) {
      ++connections_refused_;
      static_cast<void>(!write(s.fd(), line.data(), line.size()));
    };
    if (clients_.size() >= static_cast<std::size_t>(config_.maxclients)) {
      refuse("-ERR max number of clients reached\r\n");
      continue;
    }
    const Endpoint peer = peer_of(s), local = local_of(s);
    // Protected mode is for those who never thought of it: without a password, only this machine itself is
    // let in, by whichever of its addresses (redis 7.0 knows 127.0.0.1 alone as its own).
    if (config_.protected_mode && config_.requirepass.empty() && !is_loopback(peer.ip) &&
        peer.ip != local.ip) {
      refuse(
          "-DENIED Redis is running in protected mode because protected mode is enabled and no password is "
          "set for "
          "the default user. In this mode connections are only accepted from the loopback interface. Set a "
          "password (requirepass), or say 'protected-mode no'.\r\n");
      continue;
    }
    set_nodelay(s);
    set_keepalive(s, static_cast<int>(config_.keepalive_s));
    const std::uint64_t id = next_client_++;
    const int fd = s.fd();
    auto c = std::make_unique<Client>(*this, std::move(s), id);
    const bool local_socket = peer.ip.empty();
    c->session.address = local_socket ? config_.unixsocket + ":0" : peer.str();
    c->session.local_address = local_socket ? c->session.address : local.str();
    c->session.created_ms = c->session.active_ms = engine_.state.now_ms;
    c->session.authenticated = config_.requirepass.empty();
    loop_.add(fd, EPOLLIN, c.get());
    clients_.emplace(id, std::move(c));
  }
}

Client* Node::client(std::uint64_t id) {
  const auto it = clients_.find(id);
  return it == clients_.end() || it->second->closing ? nullptr : it->second.get();
}

void Node::close_client(Client& c) {
  if (c.closing) return;
  c.closing = true;
  engine_.forget(c.session);
  replication_->client_closed(c.session.id);
  loop_.remove(c.socket.fd());
  c.socket.reset();
  to_free_.push_back(c.session.id);
}

void Node::queue_flush(Client& c) {
  if (c.queued || c.closing) return;
  c.queued = true;
  to_flush_.push_back(&c);
}

void Node::check_output_limit(Client& c) {
  const Session& s = c.session;
  // A replica's lag counts, not only the portion that its connection holds: see Replication::forward_stream.
  if (s.kind == Session::Kind::replica) return;
  const BufferLimit limit = config_.output_limit(s.subscribed() ? "pubsub" : "normal");
  const std::size_t bytes = c.output_bytes();
  const auto used = static_cast<std::int64_t>(bytes - std::min(bytes, Client::kReplyBuffer));
  const bool hard = limit.hard && used > limit.hard;
  const bool soft = limit.soft && used > limit.soft;
  if (!soft)
    c.over_soft_since_ms = 0;
  else if (!c.over_soft_since_ms)
    c.over_soft_since_ms = engine_.state.now_ms;
  // Who has not said the password has no use for many answers.
  const bool stranger = !s.authenticated && used > kStrangerOutput;
  const bool too_long = soft && engine_.state.now_ms - c.over_soft_since_ms > limit.soft_seconds * 1000;
  if (!hard && !too_long && !stranger) return;
  log('#', "Client id=" + std::to_string(s.id) + " addr=" + s.address +
               " closed for overcoming of output buffer limits.");
  close_client(c);
}

void Node::evict_clients() {
  const std::int64_t wanted = config_.maxmemory_clients;
  const auto limit = static_cast<std::size_t>(wanted < 0 ? config_.maxmemory / 100 * -wanted : wanted);
  if (limit == 0) return;
  std::size_t used = 0;
  std::vector<std::pair<std::size_t, Client*>> candidates;
  for (const auto& [id, c] : clients_) {
    if (c->closing || c->session.kind != Session::Kind::normal) continue;
    const std::size_t bytes = c->memory();
    used += bytes;
    if (!c->session.no_evict) candidates.emplace_back(bytes, c.get());
  }
  std::sort(candidates.begin(), candidates.end());
  for (; used >= limit && !candidates.empty(); candidates.pop_back()) {
    const auto& [bytes, victim] = candidates.back();
    log('*', "Evicting client: id=" + std::to_string(victim->session.id) +
                 " addr=" + victim->session.address + " tot-mem=" + std::to_string(bytes));
    close_client(*victim);
    used -= bytes;
    ++evicted_clients_;
  }
}

void Node::transfer_done(Client& c) {
  replication_->snapshot_sent(c.session.id);
}

void Node::for_each_session(const std::function<void(Session&)>& visit) {
  std::vector<Session*> order;
  for (auto& [id, c] : clients_)
    if (!c->closing) order.push_back(&c->session);
  if (Session* master = replication_->master_session()) order.push_back(master);
  std::sort(order.begin(), order.end(), [](Session* a, Session* b) { return a->id < b->id; });
  for (Session* s : order) visit(*s);
}

Session* Node::find_session(std::uint64_t id) {
  Client* c = client(id);
  return c ? &c->session : nullptr;
}

void Node::wake(const Subscriber& session) {
  Client* c = client(session.id);
  if (!c) return;
  queue_flush(*c);
  to_resume_.push_back(session.id);
}

void Node::close(Session& session) {
  if (&session == replication_->master_session()) return replication_->kill_master_link();
  if (Client* c = client(session.id)) close_client(*c);
}

std::pair<std::size_t, std::size_t> Node::buffers(const Session& session) const {
  const auto it = clients_.find(session.id);
  if (it == clients_.end()) return {0, 0};
  return {it->second->input_bytes(), it->second->output_bytes()};
}

// ---- pauses
// -----------------------------------------------------------------------------------------------------

void Node::pause_clients(std::int64_t until_ms, bool writes_only) {
  pause_until_ms_ = until_ms;
  pause_writes_only_ = writes_only;
  decide_expiry();
  release_held();
}

void Node::pause_writes(std::int64_t until) {
  failover_pause_ms_ = until;
  replication_->pause_stream(true);
  decide_expiry();
}

void Node::resume_writes() {
  failover_pause_ms_ = 0;
  replication_->pause_stream(false);
  decide_expiry();
  release_held();
}

/// Replicas wait for their master's DEL. While writes are paused a DEL would be one: it would lead past the
/// offset that the replica waits for.
void Node::decide_expiry() {
  engine_.state.keep_expired = is_replica() || paused(true);
}

bool Node::paused(bool write) const {
  if (failover_pause_ms_ && write) return true;
  return pause_until_ms_ > engine_.state.now_ms && (write || !pause_writes_only_);
}

void Node::release_held() {
  if (held_.empty() || paused(false)) return;
  // Those whose command is a write under a write pause are simply held back again.
  for (const std::uint64_t id : std::exchange(held_, {}))
    if (Client* c = client(id)) c->resume();
}

}  // namespace node
