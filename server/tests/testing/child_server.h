/// For tests: a server process (ours or redis-server) on a port and in a folder of its own, and a raw
/// connection to it.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/net/socket.h"

namespace node::testing {

/// A folder that goes with the object.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class Connection {
 public:
  explicit Connection(int port);
  bool ok() const { return static_cast<bool>(socket_); }
  void send(std::string_view bytes);
  void send_command(const std::vector<std::string>& words);
  /// One whole reply as it came, or what there was when `timeout_ms` had passed or the connection ended.
  std::string reply(int timeout_ms = 10000);
  /// Sends the words of a line (quoted as in redis.conf) and returns the reply.
  std::string ask(std::string_view line);
  bool closed() const { return closed_; }

 private:
  Socket socket_;
  std::string in_;
  bool closed_ = false;
};

class ChildServer {
 public:
  /// `binary` with `arguments`, the first of which may be a configuration file, and a free port. Throws when
  /// it does not answer within 20 s.
  ChildServer(std::string binary, std::string folder, std::vector<std::string> arguments);
  ~ChildServer();
  ChildServer(const ChildServer&) = delete;
  ChildServer& operator=(const ChildServer&) = delete;

  int port() const { return port_; }
  Connection connect() const { return Connection(port_); }
  void kill(int signal) const;
  /// Waits for the end; its wait status.
  int wait();
  void start();
  /// Starts it, with more arguments, and waits for nothing.
  void launch(const std::vector<std::string>& more = {});

 private:
  std::string binary_, folder_;
  std::vector<std::string> arguments_;
  int port_;
  pid_t pid_ = 0;
};

/// The node that was built beside this test.
std::string our_binary();
/// Debian's redis-server; empty when it is not installed.
std::string stock_binary();
int free_port();
/// Asks until it holds; false when it does not within so many seconds.
bool eventually(const std::function<bool()>& holds, int seconds = 20);
/// A field of what INFO replied; empty when it has none of that name.
std::string field_of(const std::string& info, const std::string& name);
/// The same, asked for.
std::string field(Connection& c, const std::string& section, const std::string& name);
/// The length of the first whole RESP value, or nothing when more bytes are needed.
std::optional<std::size_t> reply_size(std::string_view bytes);

}  // namespace node::testing
