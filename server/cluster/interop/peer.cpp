#include "server/cluster/interop/peer.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>

#include "server/replication/fixture.h"

namespace node::interop {
namespace {

using replication::fixture::take_command;

constexpr const char* kHost = "127.0.0.1";

sockaddr_in address(const std::string& ip, int port) {
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = htons(static_cast<std::uint16_t>(port));
  inet_pton(AF_INET, ip.c_str(), &a.sin_addr);
  return a;
}

Fd listen_on(int port) {
  Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int yes = 1;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const sockaddr_in a = address(kHost, port);
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&a), sizeof a) != 0 || listen(fd.get(), 64) != 0)
    throw std::runtime_error("cannot listen on port " + std::to_string(port));
  return fd;
}

Fd connect_to(const std::string& ip, int port) {
  Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int yes = 1;
  setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  const sockaddr_in a = address(ip, port);
  connect(fd.get(), reinterpret_cast<const sockaddr*>(&a), sizeof a);
  return fd;
}

bool connect_failed(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  return error != 0;
}

void send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      pollfd p{fd, POLLOUT, 0};
      poll(&p, 1, 1000);
    } else {
      return;  // the reader will see the end of the connection
    }
  }
}

/// False at the end of the connection.
bool read_some(int fd, std::string& into) {
  char buffer[65536];
  const ssize_t n = read(fd, buffer, sizeof buffer);
  if (n > 0) into.append(buffer, static_cast<std::size_t>(n));
  return n > 0 || (n < 0 && errno == EAGAIN);
}

cluster::Config cluster_config(int port, Ms node_timeout) {
  cluster::Config config;
  config.port = port;
  config.node_timeout = node_timeout;
  return config;
}

replication::Config replication_config(int port) {
  replication::Config config;
  config.port = port;
  config.diskless_delay = 0;
  return config;
}

/// An RDB without keys: header, end, no checksum.
std::string empty_rdb() {
  return std::string("REDIS0010\xff", 10) + std::string(8, '\0');
}

}  // namespace

Ms wall_clock() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

Fd::~Fd() {
  if (fd_ >= 0) close(fd_);
}

Peer::Peer(int port, Ms node_timeout)
    : port_(port),
      bus_listener_(listen_on(port + 10000)),
      listener_(listen_on(port)),
      cluster_(cluster_config(port, node_timeout), *this, static_cast<std::uint64_t>(wall_clock()),
               wall_clock()),
      replication_(replication_config(port), static_cast<std::uint64_t>(wall_clock()) + 1) {}

cluster::ReplicaView Peer::replica_view() const {
  const auto& link = replication_.link();
  return {replication_.is_replica(), link.connected(), link.last_interaction(), link.down_since()};
}

Reply Peer::command(std::initializer_list<std::string_view> words) {
  std::vector<std::string_view> argv{"cluster"};
  argv.insert(argv.end(), words.begin(), words.end());
  Reply reply = cluster_.command(argv, wall_clock());
  drain();
  return reply;
}

bool Peer::run_until(Ms limit, const std::function<bool()>& done) {
  for (const Ms deadline = wall_clock() + limit; wall_clock() < deadline;) {
    if (done()) return true;
    for (const Ms look = wall_clock() + 100; wall_clock() < look;) turn();
  }
  return done();
}

void Peer::turn() {
  std::vector<pollfd> polled{{bus_listener_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
  std::vector<cluster::LinkId> links;
  for (const auto& [id, fd] : links_) {
    links.push_back(id);
    polled.push_back({fd.get(), static_cast<short>(connecting_.contains(id) ? POLLOUT : POLLIN), 0});
  }
  std::vector<std::uint64_t> clients;
  for (const auto& [id, client] : clients_) {
    clients.push_back(id);
    polled.push_back({client.fd.get(), POLLIN, 0});
  }
  if (master_)
    polled.push_back({master_.get(), static_cast<short>(master_connecting_ ? POLLOUT : POLLIN), 0});
  poll(polled.data(), polled.size(), 20);
  const Ms now = wall_clock();
  if (polled[0].revents != 0) accept_bus();
  if (polled[1].revents != 0) accept_client();
  std::size_t at = 2;
  for (cluster::LinkId id : links) {
    if (polled[at++].revents == 0 || !links_.contains(id)) continue;
    const int fd = links_[id].get();
    if (connecting_.erase(id) != 0) {
      if (!connect_failed(fd)) {
        cluster_.on_link_up(id, kHost, now);
        continue;
      }
      links_.erase(id);
      cluster_.on_link_down(id, now);
      continue;
    }
    std::string bytes;
    const bool open = read_some(fd, bytes);
    if (!bytes.empty()) cluster_.on_bytes(id, bytes, now);
    if (open) continue;
    links_.erase(id);
    cluster_.on_link_down(id, now);
  }
  for (std::uint64_t id : clients) {
    if (polled[at++].revents == 0 || read_client(id, clients_[id])) continue;
    clients_.erase(id);
    replication_.on_client_closed(id, now);
  }
  if (at < polled.size() && polled[at].revents != 0 && polled[at].fd == master_.get()) {
    if (std::exchange(master_connecting_, false)) {
      if (connect_failed(master_.get())) {
        master_ = Fd();
        replication_.on_master_closed(now);
      } else {
        replication_.on_master_connected(now);
      }
    } else {
      std::string bytes;
      const bool open = read_some(master_.get(), bytes);
      if (!bytes.empty()) replication_.on_master_bytes(bytes, now);
      if (!open) {
        master_ = Fd();
        replication_.on_master_closed(now);
      }
    }
  }
  if (now >= next_tick_) {
    next_tick_ = now + cluster::Cluster::kTickMs;
    cluster_.on_tick(now);
    replication_.on_tick(now);
  }
  drain();
}

void Peer::drain() {
  for (int round = 0; round < 4; ++round) {  // each half may give the other something to do
    for (const auto& action : replication_.drain(wall_clock())) perform(action);
    apply_stream();
    for (const auto& action : cluster_.drain(wall_clock())) perform(action);
  }
}

void Peer::accept_bus() {
  Fd fd(accept4(bus_listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (fd) links_[cluster_.on_accept(kHost, kHost, wall_clock())] = std::move(fd);
}

void Peer::accept_client() {
  Fd fd(accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (fd) clients_[next_client_++].fd = std::move(fd);
}

bool Peer::read_client(std::uint64_t id, Client& client) {
  const bool open = read_some(client.fd.get(), client.in);
  for (auto words = take_command(client.in); !words.empty(); words = take_command(client.in))
    serve(id, words);
  return open;
}

void Peer::serve(std::uint64_t id, const std::vector<std::string>& words) {
  const std::vector<std::string_view> argv(words.begin(), words.end());
  std::optional<Reply> reply;
  if (words[0] == "PING") reply = Reply::status("PONG");
  if (words[0] == "REPLCONF") reply = replication_.on_replconf(id, argv, wall_clock());
  if (words[0] == "PSYNC") reply = replication_.on_psync(id, words[1], std::stoll(words[2]), wall_clock());
  if (reply) send_all(clients_[id].fd.get(), (reply->is_error() ? "-" : "+") + reply->text + "\r\n");
}

void Peer::apply_stream() {
  while (!replication_.stream().empty()) {
    std::string rest(replication_.stream());
    const std::size_t before = rest.size();
    const auto words = take_command(rest);
    if (words.empty()) return;
    for (const std::string& word : words) applied_ += word + " ";
    if (words[0] == "REPLCONF") {
      const std::vector<std::string_view> argv(words.begin(), words.end());
      replication_.on_replconf(0, argv, wall_clock());
    }
    replication_.consume(before - rest.size(), wall_clock());
  }
}

void Peer::perform(const cluster::Action& action) {
  if (const auto* a = std::get_if<cluster::Connect>(&action)) {
    links_[a->link] = connect_to(a->ip, a->port);
    connecting_.insert(a->link);
  } else if (const auto* s = std::get_if<cluster::Send>(&action)) {
    if (links_.contains(s->link)) send_all(links_[s->link].get(), s->bytes);
  } else if (const auto* c = std::get_if<cluster::Close>(&action)) {
    links_.erase(c->link);
    connecting_.erase(c->link);
  } else if (std::holds_alternative<cluster::BecomeMaster>(action)) {
    replication_.become_master(wall_clock());
  } else if (const auto* r = std::get_if<cluster::ReplicateFrom>(&action)) {
    replication_.become_replica_of(r->ip, r->port, wall_clock());
  } else if (const auto* l = std::get_if<cluster::Log>(&action)) {
    log_.push_back(l->text);
  }
}

void Peer::perform(const replication::Action& action) {
  if (const auto* c = std::get_if<replication::ConnectMaster>(&action)) {
    master_ = connect_to(c->ip, c->port);
    master_connecting_ = true;
  } else if (const auto* s = std::get_if<replication::SendMaster>(&action)) {
    if (master_) send_all(master_.get(), s->bytes);
  } else if (std::holds_alternative<replication::CloseMaster>(action)) {
    master_ = Fd();
  } else if (std::holds_alternative<replication::SnapshotEnd>(action)) {
    ++snapshots_loaded_;
    replication_.on_snapshot_loaded(true, wall_clock());
  } else if (const auto* r = std::get_if<replication::SendReplica>(&action)) {
    if (clients_.contains(r->client)) send_all(clients_[r->client].fd.get(), r->bytes);
  } else if (const auto* k = std::get_if<replication::CloseReplica>(&action)) {
    clients_.erase(k->client);
  } else if (const auto* t = std::get_if<replication::TakeSnapshot>(&action)) {
    const std::string rdb = empty_rdb();
    const std::string whole = t->eof_mark.empty() ? "$" + std::to_string(rdb.size()) + "\r\n" + rdb
                                                  : "$EOF:" + t->eof_mark + "\r\n" + rdb + t->eof_mark;
    for (replication::ClientId id : t->clients) {
      if (clients_.contains(id)) send_all(clients_[id].fd.get(), whole);
      replication_.on_snapshot_sent(id, wall_clock());
    }
  } else if (const auto* l = std::get_if<replication::Log>(&action)) {
    log_.push_back(l->text);
  }
}

}  // namespace node::interop
