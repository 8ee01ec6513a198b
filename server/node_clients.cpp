/// The node's clients: accepted, looked up, held back by a pause, closed when they ask for more than they
/// may.
#include <algorithm>
#include <cerrno>
#include <cstring>

#include "server/keyspace/limits.h"
#include "server/node.h"
#include "server/node_cluster.h"
#include "server/node_replication.h"

namespace node {

void Node::Listener::on_event(std::uint32_t) {
  node->accept_clients(*this);
}

void Node::accept_clients(Listener& listener) {
  for (int i = 0; i < 1000; ++i) {
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
    // Protected mode is for those who never thought of it: no password and no address of their own choice.
    const bool open_to_all = config_.bind.find('*') != std::string::npos;
    if (config_.protected_mode && open_to_all && config_.requirepass.empty() && !is_loopback(peer.ip)) {
      refuse(
          "-DENIED Redis is running in protected mode because protected mode is enabled and no password is "
          "set for "
          "the default user. In this mode connections are only accepted from the loopback interface. Set a "
          "password "
          "(requirepass), bind an address, or say 'protected-mode no'.\r\n");
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
  const bool too_long = soft && engine_.state.now_ms - c.over_soft_since_ms > limit.soft_seconds * 1000;
  if (!hard && !too_long) return;
  log('#', "Client id=" + std::to_string(s.id) + " addr=" + s.address +
               " closed for overcoming of output buffer limits.");
  close_client(c);
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

void Node::wake(Session& session) {
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
  release_held();
}

void Node::pause_writes(std::int64_t until) {
  failover_pause_ms_ = until;
  replication_->pause_stream(true);
  engine_.state.keep_expired = true;  // a DEL, too, would lead past the offset that the replica waits for
}

void Node::resume_writes() {
  failover_pause_ms_ = 0;
  replication_->pause_stream(false);
  release_held();
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
