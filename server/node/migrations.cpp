#include "server/node/migrations.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "server/engine/call.h"
#include "server/engine/engine.h"
#include "server/engine/reply_errors.h"
#include "server/keyspace/number.h"
#include "server/node/node.h"
#include "server/persistence/rdb.h"

namespace node {

namespace {

/// A blocking exchange with a deadline for every step, over a new connection or one that was kept.
class Exchange {
 public:
  Exchange(const std::string& host, int port, int timeout_ms)
      : timeout_ms_(timeout_ms), socket_(connect_tcp(host, port)) {}
  Exchange(Socket kept, int timeout_ms) : timeout_ms_(timeout_ms), socket_(std::move(kept)) {}

  /// The connection is there, or was refused, which redis finds out when it writes.
  bool answered() { return socket_ && ready(POLLOUT); }
  /// The connection, for the next time.
  Socket release() { return std::move(socket_); }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      if (!ready(POLLOUT)) return false;
      const ssize_t n = ::send(socket_.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

  /// One line reply; nothing on a time-out or a broken connection.
  std::optional<std::string> line() {
    std::size_t end;
    while ((end = in_.find("\r\n")) == std::string::npos) {
      char buffer[4096];
      if (!ready(POLLIN)) return std::nullopt;
      const ssize_t n = recv(socket_.fd(), buffer, sizeof buffer, 0);
      if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
      if (n <= 0) return std::nullopt;
      in_.append(buffer, static_cast<std::size_t>(n));
    }
    std::string text = in_.substr(0, end);
    in_.erase(0, end + 2);
    return text;
  }

 private:
  bool ready(short events) {
    pollfd p{socket_.fd(), events, 0};
    int n;
    do n = poll(&p, 1, timeout_ms_);
    while (n < 0 && errno == EINTR);
    return n == 1;
  }
  int timeout_ms_;
  Socket socket_;
  std::string in_;
};

struct Order {
  std::string host;
  int port = 0, timeout_ms = 1000;
  std::int64_t db = 0;
  bool copy = false, replace = false;
  std::string user, password;
  std::vector<std::string> keys;
};

bool parse(Call& c, Order& o) {
  o.host = c.arg(1);
  const auto port = parse_integer(c.arg(2));
  for (std::size_t i = 6; i < c.argc(); ++i) {
    const std::size_t left = c.argc() - i - 1;
    if (c.is(i, "copy")) {
      o.copy = true;
    } else if (c.is(i, "replace")) {
      o.replace = true;
    } else if (c.is(i, "auth") && left >= 1) {
      c.redact(i + 1);
      o.password = c.arg(++i);
    } else if (c.is(i, "auth2") && left >= 2) {
      c.redact(i + 1);
      c.redact(i + 2);
      o.user = c.arg(++i);
      o.password = c.arg(++i);
    } else if (c.is(i, "keys")) {
      if (!c.arg(3).empty()) {
        c.error("ERR When using MIGRATE KEYS option, the key argument must be set to the empty string");
        return false;
      }
      for (++i; i < c.argc(); ++i) o.keys.emplace_back(c.arg(i));
    } else {
      c.syntax_error();
      return false;
    }
  }
  const auto timeout = parse_integer(c.arg(5)), db = parse_integer(c.arg(4));
  if (!port || !timeout || !db) {
    c.error(error::not_integer);
    return false;
  }
  o.port = static_cast<int>(*port);
  o.db = *db;
  o.timeout_ms = *timeout <= 0 ? 1000 : static_cast<int>(std::min<std::int64_t>(*timeout, INT32_MAX));
  if (!c.arg(3).empty()) o.keys.emplace_back(c.arg(3));
  return true;
}

void append(std::string& out, std::initializer_list<std::string_view> words) {
  append_command(out, words.begin(), words.size());
}

/// A kept connection that its target closed meanwhile.
bool dead(const Socket& socket) {
  char byte;
  const ssize_t n = recv(socket.fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return n >= 0 || (errno != EAGAIN && errno != EINTR);
}

constexpr std::size_t kKeptConnections = 64;
constexpr std::int64_t kKeptMs = 10000;

}  // namespace

void Migrations::drop_idle(std::int64_t now_ms) {
  std::erase_if(kept_, [&](const auto& entry) { return now_ms - entry.second.used_ms > kKeptMs; });
}

void Migrations::command_migrate(Call& c) {
  Order o;
  if (!parse(c, o)) return;
  std::string request;
  std::vector<std::string> sent;
  const auto name = std::pair{o.host, o.port};
  Socket kept;
  std::int64_t kept_db = -1;
  if (const auto it = kept_.find(name); it != kept_.end()) {
    if (!dead(it->second.socket)) {
      kept = std::move(it->second.socket);
      kept_db = it->second.db;
    }
    kept_.erase(it);
  }
  std::size_t preliminaries = 0;
  if (!o.password.empty()) {
    o.user.empty() ? append(request, {"AUTH", o.password}) : append(request, {"AUTH", o.user, o.password});
    ++preliminaries;
  }
  if (kept_db != o.db) {
    append(request, {"SELECT", std::to_string(o.db)});
    ++preliminaries;
  }
  for (const std::string& key : o.keys) {
    Entry* e = c.db().lookup(key);
    if (!e) continue;
    const auto at = c.db().expiry(*e);
    const std::string ttl =
        std::to_string(at ? std::max<std::int64_t>(1, *at - node_.engine().state.now_ms) : 0);
    const std::string payload = RdbWriter::dump(*e);
    const std::string_view verb = node_.cluster() ? "RESTORE-ASKING" : "RESTORE";
    o.replace ? append(request, {verb, key, ttl, payload, "REPLACE"})
              : append(request, {verb, key, ttl, payload});
    sent.push_back(key);
  }
  if (sent.empty()) return c.reply.status("NOKEY");
  const bool known = static_cast<bool>(kept);
  Exchange target = known ? Exchange(std::move(kept), o.timeout_ms) : Exchange(o.host, o.port, o.timeout_ms);
  if (!known && !target.answered()) return c.error("IOERR error or timeout connecting to the client");
  if (!target.send(request)) return c.error("IOERR error or timeout writing to target instance");
  std::string refusal;
  std::vector<std::string_view> gone{"DEL"};
  bool broken = false;
  for (std::size_t i = 0; i < preliminaries + sent.size(); ++i) {
    const auto line = target.line();
    if (!line) {
      broken = true;
      break;
    }
    if (line->starts_with('-')) {
      if (refusal.empty()) refusal = line->substr(1);
      if (i < preliminaries) break;
    } else if (i >= preliminaries && !o.copy) {
      const std::string& key = sent[i - preliminaries];
      c.db().remove(key);
      c.changed(key);
      c.event('g', "del", key);
      gone.push_back(key);
    }
  }
  // After an error the target's state is not sure: the next exchange begins anew.
  if (!broken && refusal.empty() && kept_.size() < kKeptConnections)
    kept_.emplace(name, Kept{target.release(), o.db, node_.steady_ms()});
  // Others hear of the deletions alone.
  c.propagate_nothing();
  if (gone.size() > 1) c.propagate_as(gone);
  if (broken) return c.error("IOERR error or timeout reading from target instance");
  if (!refusal.empty()) return c.error("ERR Target instance replied with error: " + refusal);
  c.reply.ok();
}

}  // namespace node
