#include "harness/client/connection.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace harness {
namespace {

using Clock = std::chrono::steady_clock;
using Kind = ConnectionError::Kind;

Kind kind_of(int error) {
  switch (error) {
    case ECONNREFUSED:
      return Kind::kRefused;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case EHOSTDOWN:
    case ENETDOWN:
    case EPERM:  // a local packet filter
      return Kind::kUnreachable;
    case ETIMEDOUT:
      return Kind::kTimeout;
    case EPIPE:
    case ECONNRESET:
    case ECONNABORTED:
      return Kind::kClosed;
    default:
      return Kind::kOther;
  }
}

/// Waits for the socket; 0, or the errno that says why not.
int wait_ready(int fd, short events, Clock::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return ETIMEDOUT;
    pollfd item{fd, events, 0};
    const int ready = ::poll(&item, 1, static_cast<int>(std::min<long long>(left, 1'000'000)));
    if (ready > 0) return 0;
    if (ready < 0 && errno != EINTR) return errno;
  }
}

union Address {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

/// Length of the address, 0 when the text is none.
socklen_t parse_address(const std::string& ip, int port, Address& address) {
  std::memset(&address, 0, sizeof address);
  if (inet_pton(AF_INET, ip.c_str(), &address.v4.sin_addr) == 1) {
    address.v4.sin_family = AF_INET;
    address.v4.sin_port = htons(static_cast<std::uint16_t>(port));
    return sizeof address.v4;
  }
  if (inet_pton(AF_INET6, ip.c_str(), &address.v6.sin6_addr) == 1) {
    address.v6.sin6_family = AF_INET6;
    address.v6.sin6_port = htons(static_cast<std::uint16_t>(port));
    return sizeof address.v6;
  }
  return 0;
}

/// Starts and finishes a non-blocking connect; 0 or the errno.
int connect_until(int fd, const Address& address, socklen_t length, Clock::time_point deadline) {
  if (::connect(fd, &address.any, length) == 0) return 0;
  if (errno != EINPROGRESS && errno != EINTR) return errno;
  if (const int error = wait_ready(fd, POLLOUT, deadline)) return error;
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

Reply copy(const redisReply& from) {
  Reply reply;
  switch (from.type) {
    case REDIS_REPLY_STATUS:
      reply.type = Reply::Type::kStatus;
      break;
    case REDIS_REPLY_ERROR:
      reply.type = Reply::Type::kError;
      break;
    case REDIS_REPLY_INTEGER:
      reply.type = Reply::Type::kInteger;
      reply.integer = from.integer;
      return reply;
    case REDIS_REPLY_STRING:
      reply.type = Reply::Type::kText;
      break;
    case REDIS_REPLY_ARRAY:
      reply.type = Reply::Type::kArray;
      reply.elements.reserve(from.elements);
      for (std::size_t i = 0; i < from.elements; ++i) reply.elements.push_back(copy(*from.element[i]));
      return reply;
    default:
      return reply;  // nil
  }
  reply.text.assign(from.str, from.len);
  return reply;
}

void append_command(std::string& out, const Command& command) {
  out += '*' + std::to_string(command.size()) + "\r\n";
  for (const std::string& argument : command) {
    out += '$' + std::to_string(argument.size()) + "\r\n";
    out += argument;
    out += "\r\n";
  }
}

struct FreeReader {
  void operator()(redisReader* reader) const { redisReaderFree(reader); }
};
struct FreeReply {
  void operator()(void* reply) const { freeReplyObject(reply); }
};

}  // namespace

std::string_view Reply::error_code() const {
  return is_error() ? std::string_view(text).substr(0, text.find(' ')) : std::string_view{};
}

std::string Reply::describe() const {
  switch (type) {
    case Type::kNil:
      return "(nil)";
    case Type::kInteger:
      return std::to_string(integer);
    case Type::kArray:
      return "(array of " + std::to_string(elements.size()) + ")";
    default:
      return text;
  }
}

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::kRefused:
      return "refused";
    case Kind::kUnreachable:
      return "unreachable";
    case Kind::kTimeout:
      return "timeout";
    case Kind::kClosed:
      return "closed";
    case Kind::kProtocol:
      return "protocol";
    case Kind::kOther:
      return "other";
  }
  return "other";
}

struct Connection::Impl {
  Impl(int fd_in, std::string address_in, Timeouts timeouts_in)
      : fd(fd_in), address(std::move(address_in)), timeouts(timeouts_in), reader(redisReaderCreate()) {
    CHECK_THAT_HOLDS(reader != nullptr, "out of memory");
  }
  ~Impl() { close(); }
  void close() {
    if (fd >= 0) ::close(fd);
    fd = -1;
  }

  int fd;
  std::string address;
  Timeouts timeouts;
  std::unique_ptr<redisReader, FreeReader> reader;
  bool sent = false;  // bytes of the commands now under way have left
};

Connection::Connection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

bool Connection::is_open() const {
  return impl_ && impl_->fd >= 0;
}
int Connection::descriptor() const {
  return impl_ ? impl_->fd : -1;
}

Result<Connection> Connection::open(const std::string& ip, int port, Timeouts timeouts) {
  const std::string where = ip + ":" + std::to_string(port);
  Address address;
  const socklen_t length = parse_address(ip, port, address);
  if (length == 0) return ConnectionError{Kind::kOther, where + ": not a numeric address", false};
  const int fd = ::socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return ConnectionError{Kind::kOther, where + ": socket: " + std::strerror(errno), false};
  auto impl = std::make_unique<Impl>(fd, where, timeouts);
  if (const int error = connect_until(fd, address, length, Clock::now() + timeouts.connect))
    return ConnectionError{kind_of(error), where + ": connect: " + std::strerror(error), false};
  const int on = 1;
  (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // only a matter of speed
  return Connection(std::move(impl));
}

ConnectionError Connection::fail(Kind kind, std::string_view what) {
  ConnectionError error{kind, impl_->address + ": " + std::string(what), impl_->sent};
  impl_->close();
  return error;
}

std::optional<ConnectionError> Connection::send(const std::vector<Command>& commands) {
  if (!is_open()) return ConnectionError{Kind::kClosed, "the connection was closed before", false};
  std::string bytes;
  for (const Command& command : commands) append_command(bytes, command);
  impl_->sent = false;
  const auto deadline = Clock::now() + impl_->timeouts.command;
  for (std::string_view rest = bytes; !rest.empty();) {
    const ssize_t written = ::send(impl_->fd, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (written > 0) {
      impl_->sent = true;
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (const int error = wait_ready(impl_->fd, POLLOUT, deadline))
        return fail(kind_of(error), std::string("write: ") + std::strerror(error));
    } else if (errno != EINTR) {
      const int error = errno;
      return fail(kind_of(error), std::string("write: ") + std::strerror(error));
    }
  }
  return std::nullopt;
}

Result<std::optional<Reply>> Connection::next_reply() {
  if (!is_open()) return ConnectionError{Kind::kClosed, "the connection was closed before", false};
  for (;;) {
    void* parsed = nullptr;
    if (redisReaderGetReply(impl_->reader.get(), &parsed) != REDIS_OK)
      return fail(Kind::kProtocol, impl_->reader->errstr);
    if (parsed != nullptr) {
      const std::unique_ptr<void, FreeReply> owner(parsed);
      return std::optional(copy(*static_cast<redisReply*>(parsed)));
    }
    char buffer[16 * 1024];
    const ssize_t got = ::recv(impl_->fd, buffer, sizeof buffer, 0);
    if (got > 0) {
      if (redisReaderFeed(impl_->reader.get(), buffer, static_cast<std::size_t>(got)) != REDIS_OK)
        return fail(Kind::kProtocol, impl_->reader->errstr);
    } else if (got == 0) {
      return fail(Kind::kClosed, "the server closed the connection");
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return std::optional<Reply>();
    } else if (errno != EINTR) {
      const int error = errno;
      return fail(kind_of(error), std::string("read: ") + std::strerror(error));
    }
  }
}

Result<std::vector<Reply>> Connection::receive(std::size_t count, std::optional<Clock::time_point> deadline) {
  if (!is_open()) return ConnectionError{Kind::kClosed, "the connection was closed before", false};
  const auto until = deadline.value_or(Clock::now() + impl_->timeouts.command);
  std::vector<Reply> replies;
  replies.reserve(count);
  while (replies.size() < count) {
    auto next = next_reply();
    if (!next) return next.error();
    if (*next)
      replies.push_back(std::move(**next));
    else if (const int error = wait_ready(impl_->fd, POLLIN, until))
      return fail(kind_of(error), error == ETIMEDOUT ? "no answer in time" : std::strerror(error));
  }
  return replies;
}

Result<std::vector<Reply>> Connection::arrived() {
  std::vector<Reply> replies;
  for (;;) {
    auto next = next_reply();
    if (!next && replies.empty()) return next.error();
    if (!next || !*next) return replies;
    replies.push_back(std::move(**next));
  }
}

Result<std::vector<Reply>> Connection::pipeline(const std::vector<Command>& commands) {
  if (auto error = send(commands)) return *error;
  return receive(commands.size());
}

Result<Reply> Connection::call(const Command& command) {
  auto replies = pipeline({command});
  if (!replies) return replies.error();
  return std::move(replies->front());
}

}  // namespace harness
