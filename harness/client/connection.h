// One TCP connection to one node: RESP2 over a socket with deadlines, replies as values. Used by whatever
// administers and observes a cluster; hiredis' reader does the parsing. Nothing here throws on what a server
// or the network does: that is data.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "harness/core/check.h"

namespace harness {

/// A reply, copied out of the parser. Binary-safe.
struct Reply {
  enum class Type : std::uint8_t { kNil, kStatus, kError, kInteger, kText, kArray };
  Type type = Type::kNil;
  std::string text;  // of a status, error or text
  std::int64_t integer = 0;
  std::vector<Reply> elements;  // of an array

  bool is_error() const { return type == Type::kError; }
  bool is_ok() const { return type == Type::kStatus && text == "OK"; }
  /// The first word of an error ("MOVED", "CLUSTERDOWN", "ERR"), empty for anything else.
  std::string_view error_code() const;
  /// One line for messages and logs.
  std::string describe() const;
};

/// Why there is no reply.
struct ConnectionError {
  enum class Kind : std::uint8_t {
    kRefused,      // nobody listens
    kUnreachable,  // no route, or the network says no
    kTimeout,      // the deadline passed
    kClosed,       // the peer closed or reset the connection
    kProtocol,     // what came is not RESP
    kOther,        // our own side: no descriptors, ...
  };
  Kind kind = Kind::kOther;
  std::string text;   // plain words, with the address
  bool sent = false;  // whether bytes of the request may have reached the server
};
std::string_view to_string(ConnectionError::Kind kind);

/// A value, or the reason why there is none.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : content_(std::move(value)) {}
  Result(ConnectionError error) : content_(std::move(error)) {}
  explicit operator bool() const { return content_.index() == 0; }
  T& operator*() { return value(); }
  T* operator->() { return &value(); }
  const T& operator*() const { return const_cast<Result*>(this)->value(); }
  const T* operator->() const { return &const_cast<Result*>(this)->value(); }
  /// REQUIRES: there is no value.
  const ConnectionError& error() const {
    CHECK_THAT_HOLDS(content_.index() == 1, "error() of a result that has a value");
    return std::get<1>(content_);
  }

 private:
  T& value() {
    CHECK_THAT_HOLDS(content_.index() == 0, "value of a failed result: " + std::get<1>(content_).text);
    return std::get<0>(content_);
  }
  std::variant<T, ConnectionError> content_;
};

/// Arguments of one command, binary-safe.
using Command = std::vector<std::string>;

struct Timeouts {
  std::chrono::milliseconds connect{1000};
  std::chrono::milliseconds command{1000};  // for a whole round trip, however many commands it carries
};

/// After any ConnectionError the connection is closed for good: replies could no longer be told apart.
/// Not thread-safe; one user at a time.
class Connection {
 public:
  /// `ip` is a numeric IPv4 or IPv6 address; names are not looked up.
  static Result<Connection> open(const std::string& ip, int port, Timeouts timeouts = {});

  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  bool is_open() const;
  /// Of the socket, for poll(); -1 once closed.
  int descriptor() const;

  /// One command, one reply. An error reply of the server is a Reply.
  Result<Reply> call(const Command& command);
  /// Several commands in one round trip; as many replies, in order.
  Result<std::vector<Reply>> pipeline(const std::vector<Command>& commands);

  /// The halves of pipeline(), to have requests under way at many nodes at once.
  std::optional<ConnectionError> send(const std::vector<Command>& commands);
  /// `deadline`: of all `count` replies; default: the command timeout from now.
  Result<std::vector<Reply>> receive(std::size_t count,
                                     std::optional<std::chrono::steady_clock::time_point> deadline = {});
  /// The whole replies that have come already, whether they were asked for or not. Waits for nothing; half a
  /// reply stays for later. Who said something and then closed has said it: the end is for the next call.
  Result<std::vector<Reply>> arrived();

 private:
  struct Impl;
  explicit Connection(std::unique_ptr<Impl> impl);
  /// The next whole reply, of what was read or can be read without waiting; none: there is no more yet.
  Result<std::optional<Reply>> next_reply();
  ConnectionError fail(ConnectionError::Kind kind, std::string_view what);
  std::unique_ptr<Impl> impl_;
};

}  // namespace harness
