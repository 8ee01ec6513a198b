#include "server/net/socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace node {

namespace {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  int family() const { return storage.ss_family; }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

bool resolve(const std::string& host, int port, bool passive, Address& out) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = passive ? AI_PASSIVE : 0;
  const char* name = host.empty() || host == "*" ? nullptr : host.c_str();
  if (!name) hints.ai_family = AF_INET;
  if (getaddrinfo(name, std::to_string(port).c_str(), &hints, &found) != 0 || !found) return false;
  std::memcpy(&out.storage, found->ai_addr, found->ai_addrlen);
  out.size = found->ai_addrlen;
  freeaddrinfo(found);
  return true;
}

Endpoint endpoint_of(const sockaddr_storage& a) {
  char text[INET6_ADDRSTRLEN] = "";
  if (a.ss_family == AF_INET) {
    const auto* in = reinterpret_cast<const sockaddr_in*>(&a);
    inet_ntop(AF_INET, &in->sin_addr, text, sizeof text);
    return {text, ntohs(in->sin_port)};
  }
  if (a.ss_family == AF_INET6) {
    const auto* in = reinterpret_cast<const sockaddr_in6*>(&a);
    inet_ntop(AF_INET6, &in->sin6_addr, text, sizeof text);
    return {text, ntohs(in->sin6_port)};
  }
  return {};
}

void set_option(int fd, int level, int name, int value) {
  setsockopt(fd, level, name, &value, sizeof value);
}

}  // namespace

Socket::~Socket() {
  reset();
}

void Socket::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Socket listen_tcp(const std::string& address, int port, int backlog) {
  const std::string where = address + ":" + std::to_string(port);
  Address a;
  const std::string host = address == "::*" ? "::" : address;
  if (!resolve(host, port, true, a)) throw std::runtime_error("Could not resolve the bind address " + where);
  Socket s(socket(a.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!s) throw std::runtime_error("Could not create a socket for " + where + ": " + std::strerror(errno));
  set_option(s.fd(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (a.family() == AF_INET6) set_option(s.fd(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
  if (bind(s.fd(), a.get(), a.size) != 0 || listen(s.fd(), backlog) != 0)
    throw std::runtime_error("Could not create server TCP listening socket " + where + ": " +
                             std::strerror(errno));
  return s;
}

Socket listen_unix(const std::string& path, unsigned permissions, int backlog) {
  sockaddr_un a{};
  a.sun_family = AF_UNIX;
  if (path.size() >= sizeof a.sun_path)
    throw std::runtime_error("The name of the socket is too long: " + path);
  path.copy(a.sun_path, path.size());
  Socket s(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  unlink(path.c_str());  // of a server that was killed
  if (!s || bind(s.fd(), reinterpret_cast<const sockaddr*>(&a), sizeof a) != 0 ||
      listen(s.fd(), backlog) != 0)
    throw std::runtime_error("Could not create server Unix listening socket " + path + ": " +
                             std::strerror(errno));
  if (permissions != 0 && chmod(path.c_str(), permissions) != 0)
    throw std::runtime_error("Could not set the permissions of " + path + ": " + std::strerror(errno));
  return s;
}

Socket accept_tcp(const Socket& listener) {
  // Kept for the moment when there are no more: who knocks then is let in and out, or the loop would never
  // sleep.
  static Socket spare(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const int fd = accept4(listener.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
    spare.reset();
    Socket(accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC)).reset();
    spare = Socket(open("/dev/null", O_RDONLY | O_CLOEXEC));
  }
  return Socket(fd);
}

Socket connect_tcp(const std::string& ip, int port, const std::string& source) {
  Address a;
  if (!resolve(ip, port, false, a)) return {};
  Socket s(socket(a.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!s) return {};
  Address from;
  if (!source.empty() && resolve(source, 0, false, from) && from.family() == a.family()) {
    // The port is chosen when the target is known: a few hundred nodes on one machine have more links than
    // ports.
    set_option(s.fd(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    if (bind(s.fd(), from.get(), from.size) != 0) return {};
  }
  if (connect(s.fd(), a.get(), a.size) != 0 && errno != EINPROGRESS) return {};
  return s;
}

int connect_result(const Socket& socket) {
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

Endpoint peer_of(const Socket& socket) {
  sockaddr_storage a{};
  socklen_t size = sizeof a;
  if (getpeername(socket.fd(), reinterpret_cast<sockaddr*>(&a), &size) != 0) return {};
  return endpoint_of(a);
}

Endpoint local_of(const Socket& socket) {
  sockaddr_storage a{};
  socklen_t size = sizeof a;
  if (getsockname(socket.fd(), reinterpret_cast<sockaddr*>(&a), &size) != 0) return {};
  return endpoint_of(a);
}

void set_nodelay(const Socket& socket) {
  set_option(socket.fd(), IPPROTO_TCP, TCP_NODELAY, 1);
}

void set_keepalive(const Socket& socket, int seconds) {
  if (seconds <= 0) return;
  set_option(socket.fd(), SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(socket.fd(), IPPROTO_TCP, TCP_KEEPIDLE, seconds);
  set_option(socket.fd(), IPPROTO_TCP, TCP_KEEPINTVL, std::max(1, seconds / 3));
  set_option(socket.fd(), IPPROTO_TCP, TCP_KEEPCNT, 3);
}

bool is_loopback(std::string_view ip) {
  return ip.starts_with("127.") || ip == "::1" || ip.empty();
}

}  // namespace node
