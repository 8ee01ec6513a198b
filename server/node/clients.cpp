#include "server/node/clients.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "server/node/node.h"

namespace node {

namespace {
constexpr std::int64_t kOtherDescriptors = 1024;  // of files and the bus
constexpr std::int64_t kStrangerOutput = 64 << 10;
}  // namespace

std::int64_t Clients::possible(std::int64_t wanted) {
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

/// Why a new connection is not served, as the line that it is sent; empty: it is.
std::string_view Clients::refusal(const Endpoint& peer, const Endpoint& local) const {
  const Config& config = node_.config();
  if (clients_.size() >= static_cast<std::size_t>(config.maxclients))
    return "-ERR max number of clients reached\r\n";
  // Protected mode is for those who never thought of it: without a password, only this machine itself is
  // let in, by whichever of its addresses (redis 7.0 knows 127.0.0.1 alone as its own).
  if (config.protected_mode && node_.engine().permissions.users.first().no_password() &&
      !is_loopback(peer.ip) && peer.ip != local.ip)
    return "-DENIED Redis is running in protected mode because protected mode is enabled and no password is "
           "set for the default user. In this mode connections are only accepted from the loopback "
           "interface. "
           "Set a password (requirepass), or say 'protected-mode no'.\r\n";
  return {};
}

void Clients::admit(Socket s) {
  ++counts_.connections;
  const Config& config = node_.config();
  const Endpoint peer = peer_of(s), local = local_of(s);
  if (const std::string_view line = refusal(peer, local); !line.empty()) {
    ++counts_.refused;
    static_cast<void>(!write(s.fd(), line.data(), line.size()));
    return;
  }
  set_nodelay(s);
  set_keepalive(s, static_cast<int>(config.keepalive_s));
  const std::uint64_t id = next_id_++;
  const int fd = s.fd();
  auto c = std::make_unique<Client>(node_, std::move(s), id);
  const bool local_socket = peer.ip.empty();
  c->session.address = local_socket ? config.unixsocket + ":0" : peer.str();
  c->session.local_address = local_socket ? c->session.address : local.str();
  c->session.created_ms = c->session.active_ms = node_.engine().state.now_ms;
  node_.engine().begin_as_default(c->session);
  node_.loop().add(fd, EPOLLIN, c.get());
  clients_.emplace(id, std::move(c));
}

Client* Clients::get(std::uint64_t id) const {
  const auto it = clients_.find(id);
  return it == clients_.end() || it->second->closing ? nullptr : it->second.get();
}

void Clients::close_client(Client& c) {
  if (c.closing) return;
  c.closing = true;
  node_.engine().forget(c.session);
  node_.replication().client_closed(c.session.id);
  node_.loop().remove(c.socket.fd());
  c.socket.reset();
  to_free_.push_back(c.session.id);
}

void Clients::queue_flush(Client& c) {
  if (c.queued || c.closing) return;
  c.queued = true;
  (c.session.kind == Session::Kind::replica ? replicas_to_flush_ : to_flush_).push_back(&c);
}

void Clients::check_output_limit(Client& c) {
  const Session& s = c.session;
  // A replica's lag counts, not only the portion that its connection holds: see Replication::forward_stream.
  if (s.kind == Session::Kind::replica) return;
  const BufferLimit limit = node_.config().output_limit(s.subscribed() ? "pubsub" : "normal");
  const std::size_t bytes = c.output_bytes();
  const auto used = static_cast<std::int64_t>(bytes - std::min(bytes, Client::kReplyBuffer));
  const bool hard = limit.hard && used > limit.hard;
  const bool soft = limit.soft && used > limit.soft;
  if (!soft)
    c.over_soft_since_ms = 0;
  else if (!c.over_soft_since_ms)
    c.over_soft_since_ms = node_.engine().state.now_ms;
  // Who has not said the password has no use for many answers.
  const bool stranger = used > kStrangerOutput && node_.engine().is_stranger(s);
  const bool too_long =
      soft && node_.engine().state.now_ms - c.over_soft_since_ms > limit.soft_seconds * 1000;
  if (!hard && !too_long && !stranger) return;
  node_.log('#', "Client id=" + std::to_string(s.id) + " addr=" + s.address +
                     " closed for overcoming of output buffer limits.");
  close_client(c);
}

void Clients::evict() {
  const std::int64_t wanted = node_.config().maxmemory_clients;
  const auto limit = static_cast<std::size_t>(wanted < 0 ? node_.config().maxmemory / 100 * -wanted : wanted);
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
    node_.log('*', "Evicting client: id=" + std::to_string(victim->session.id) +
                       " addr=" + victim->session.address + " tot-mem=" + std::to_string(bytes));
    close_client(*victim);
    used -= bytes;
    ++counts_.evicted;
  }
}

void Clients::for_each(const std::function<void(Session&)>& visit) {
  std::vector<Session*> order;
  for (auto& [id, c] : clients_)
    if (!c->closing) order.push_back(&c->session);
  if (Session* master = node_.replication().master_session()) order.push_back(master);
  std::sort(order.begin(), order.end(), [](Session* a, Session* b) { return a->id < b->id; });
  for (Session* s : order) visit(*s);
}

Session* Clients::find(std::uint64_t id) {
  Client* c = get(id);
  return c ? &c->session : nullptr;
}

void Clients::wake(const Subscriber& session) {
  Client* c = get(session.id);
  if (!c) return;
  c->gate();
  queue_flush(*c);
  to_resume_.push_back(session.id);
}

void Clients::close(Session& session) {
  if (&session == node_.replication().master_session()) return node_.replication().kill_master_link();
  if (Client* c = get(session.id)) close_client(*c);
}

SessionsPort::Traffic Clients::traffic(const Session& session) const {
  const auto it = clients_.find(session.id);
  if (it == clients_.end()) return {};
  return {it->second->input_bytes(), it->second->output_bytes(), it->second->socket.fd()};
}

void Clients::resume_woken() {
  for (const std::uint64_t id : std::exchange(to_resume_, {}))
    if (Client* c = get(id)) c->resume();
}

void Clients::flush_all(std::vector<Client*>& queued) {
  for (Client* c : std::exchange(queued, {})) {
    c->queued = false;
    if (!c->closing) c->flush();
  }
}

void Clients::offer_held_answers() {
  std::vector<std::uint64_t> held = std::exchange(held_answers_, {});
  std::sort(held.begin(), held.end());  // who was given more output meanwhile stands there twice
  held.erase(std::unique(held.begin(), held.end()), held.end());
  for (const std::uint64_t id : held) {
    Client* c = get(id);
    if (!c) continue;
    c->flush();
    if (!c->held_by_gate()) to_resume_.push_back(id);  // what arrived meanwhile
  }
}

void Clients::drop_held_answers() {
  held_answers_.clear();
  std::vector<Client*> gated;
  for (auto& [id, c] : clients_)
    if (!c->closing && c->gated()) gated.push_back(c.get());
  for (Client* c : gated) close_client(*c);
}

void Clients::flush_replicas() {
  flush_all(replicas_to_flush_);
}

void Clients::flush_queued() {
  flush_replicas();
  flush_all(to_flush_);
}

void Clients::bury() {
  for (const std::uint64_t id : std::exchange(to_free_, {})) clients_.erase(id);
}

void Clients::close_all_after_reply() {
  for (auto& [id, c] : clients_)
    if (!c->closing) c->session.close_after_reply = true;
}

void Clients::timeouts() {
  std::vector<Client*> idle;
  for (auto& [id, c] : clients_) {
    const Session& s = c->session;
    const bool may_idle = s.kind != Session::Kind::normal || s.blocked || s.subscribed() || s.monitor;
    if (node_.config().timeout_s > 0 && !may_idle &&
        node_.engine().state.now_ms - s.active_ms > node_.config().timeout_s * 1000)
      idle.push_back(c.get());
    else if (c->output_bytes() > 0)
      check_output_limit(*c);
    c->release_spare();
  }
  for (Client* c : idle) close_client(*c);
}

// ---- pauses
// -----------------------------------------------------------------------------------------------------

void Clients::pause(std::int64_t until_ms, bool writes_only) {
  pause_until_ms_ = until_ms;
  pause_writes_only_ = writes_only;
  decide_expiry();
  release_held();
}

void Clients::pause_writes(std::int64_t until) {
  failover_pause_ms_ = until;
  node_.replication().pause_stream(true);
  decide_expiry();
}

void Clients::resume_writes() {
  failover_pause_ms_ = 0;
  node_.replication().pause_stream(false);
  decide_expiry();
  release_held();
}

/// Replicas wait for their master's DEL. While writes are paused a DEL would be one: it would lead past the
/// offset that the replica waits for.
void Clients::decide_expiry() {
  node_.engine().state.keep_expired = node_.replication().is_replica() || paused(true);
}

bool Clients::paused(bool write) const {
  if (failover_pause_ms_ && write) return true;
  return pause_until_ms_ > node_.engine().state.now_ms && (write || !pause_writes_only_);
}

bool Clients::paused_by_client() const {
  return pause_until_ms_ > node_.engine().state.now_ms;
}

/// Pauses whose time is over.
void Clients::end_pauses() {
  if (!failover_pause_ms_ && pause_until_ms_ && node_.engine().state.now_ms >= pause_until_ms_)
    pause_until_ms_ = 0;
  if (failover_pause_ms_ && node_.steady_ms() >= failover_pause_ms_) resume_writes();
  release_held();
}

void Clients::release_held() {
  node_.replication().resume_stream();
  if (held_.empty() || paused(false)) return;
  // Those whose command is a write under a write pause are simply held back again.
  for (const std::uint64_t id : std::exchange(held_, {}))
    if (Client* c = get(id)) c->resume();
}

}  // namespace node
