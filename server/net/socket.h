/// TCP sockets: owned descriptors, listening, connecting, addresses as text.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace node {

class Socket {
 public:
  Socket() = default;
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Socket();
  int fd() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void reset();

 private:
  int fd_ = -1;
};

struct Endpoint {
  std::string ip;
  int port = 0;
  std::string str() const {
    return ip.find(':') == std::string::npos ? ip + ":" + std::to_string(port)
                                             : "[" + ip + "]:" + std::to_string(port);
  }
};

/// Throws std::runtime_error naming the address and the reason.
Socket listen_tcp(const std::string& address, int port, int backlog);
/// On a name in the file system, which is taken over if it is there; permissions 0: as the umask has it.
Socket listen_unix(const std::string& path, unsigned permissions, int backlog);
/// One accepted connection, non-blocking; empty when there is none.
Socket accept_tcp(const Socket& listener);
/// Begins to connect without waiting; empty on an immediate failure. `source` empty: any.
Socket connect_tcp(const std::string& ip, int port, const std::string& source = {});
/// Whether a begun connection came to be (0), or its errno.
int connect_result(const Socket& socket);
Endpoint peer_of(const Socket& socket);
Endpoint local_of(const Socket& socket);
void set_nodelay(const Socket& socket);
void set_keepalive(const Socket& socket, int seconds);
bool is_loopback(std::string_view ip);

}  // namespace node
