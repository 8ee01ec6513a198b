#include "harness/run/command_sessions.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace harness {
namespace {

/// A server that has not answered by then holds the command back: it blocks, or its clients are paused.
constexpr std::chrono::milliseconds kHeldBack(200);

/// After one of these a RESP2 connection takes no ordinary command.
constexpr std::array<std::string_view, 4> kSubscriptions = {"SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE",
                                                            "MONITOR"};

bool subscribes(const Command& command) {
  std::string word = command.empty() ? std::string() : command.front();
  std::ranges::transform(word, word.begin(), [](unsigned char c) { return std::toupper(c); });
  return std::ranges::find(kSubscriptions, word) != kSubscriptions.end();
}

/// A subscription is answered once for each channel.
std::size_t replies_to(const Command& command) {
  return subscribes(command) ? std::max<std::size_t>(command.size() - 1, 1) : 1;
}

/// A message of a channel: it came by itself, and answers no command.
bool is_message(const Reply& reply) {
  constexpr std::array<std::string_view, 3> kMessages = {"message", "pmessage", "smessage"};
  return reply.type == Reply::Type::kArray && reply.elements.size() >= 3 &&
         std::ranges::find(kMessages, reply.elements[0].text) != kMessages.end();
}

/// Whether the other side says something, or closes, before that time.
bool readable_until(const Connection& connection, std::chrono::milliseconds time) {
  pollfd wanted{connection.descriptor(), POLLIN, 0};
  return poll(&wanted, 1, static_cast<int>(time.count())) != 0;
}

/// The replies to the command; `listening`: messages may come in between.
Result<Reply> round_trip(Connection& connection, const Command& command, bool listening,
                         std::chrono::milliseconds patience, const std::function<void()>& held_back) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  if (auto failed = connection.send({command})) return *failed;
  if (held_back && !readable_until(connection, kHeldBack)) held_back();
  for (;;) {
    auto replies = connection.receive(1, deadline);
    if (!replies) return replies.error();
    if (listening && is_message(replies->front())) continue;
    // A subscription is answered once for each channel; the first answer counts.
    if (const std::size_t more = replies_to(command) - 1; more > 0)
      if (auto rest = connection.receive(more, deadline); !rest) return rest.error();
    return std::move(replies->front());
  }
}

/// Whether the peer has something to say, or has closed: 1, 0; -1 when it is silent.
int pending(const Connection& connection) {
  char byte = 0;
  const auto got = recv(connection.descriptor(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (got < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? -1 : 0;
  return got > 0 ? 1 : 0;
}

/// Reads what came without being asked for (messages of a channel), so that the next reply is the command's.
/// False when the connection is closed.
bool drained(Connection& connection) {
  constexpr std::chrono::milliseconds kMoment(200);
  for (;;) {
    if (!connection.is_open()) return false;
    const int state = pending(connection);
    if (state <= 0) return state < 0;
    if (!connection.receive(1, std::chrono::steady_clock::now() + kMoment)) return false;
  }
}

}  // namespace

std::unique_ptr<Connection> CommandSessions::take(const Key& key) {
  std::unique_lock lock(mutex_);
  if (!key.second.empty()) {
    returned_.wait(lock, [&] { return borrowed_[key] == 0; });
    ++borrowed_[key];
  }
  const auto found = idle_.find(key);
  if (found == idle_.end()) return nullptr;
  auto connection = std::move(found->second);
  idle_.erase(found);
  return connection;
}

bool CommandSessions::listens(const Key& key) {
  const std::lock_guard lock(mutex_);
  return listening_.contains(key);
}

void CommandSessions::give_back(const Key& key, std::unique_ptr<Connection> connection, bool subscribed) {
  const std::lock_guard lock(mutex_);
  if (!key.second.empty()) --borrowed_[key];
  returned_.notify_all();
  if (!connection || !connection->is_open()) return;
  const bool shared = key.second.empty();
  if (subscribed) listening_.insert(key);
  if (shared && subscribed)
    subscribed_.push_back(std::move(connection));
  else if (!idle_.contains(key))
    idle_[key] = std::move(connection);
}

Result<Reply> CommandSessions::call(const Node& node, const std::string& session, const Command& command,
                                    Timeouts timeouts, const std::function<void()>& held_back) {
  const Key key{node.number(), session};
  std::unique_ptr<Connection> connection = take(key);
  if (connection && !drained(*connection)) connection.reset();
  if (!connection) {
    auto opened = node.connect(timeouts);
    if (!opened) {
      give_back(key, nullptr, false);
      return opened.error();
    }
    connection = std::make_unique<Connection>(std::move(*opened));
  }
  const bool listening = listens(key);
  const Result<Reply> reply = round_trip(*connection, command, listening, timeouts.command, held_back);
  give_back(key, std::move(connection), subscribes(command) && reply && !reply->is_error());
  return reply;
}

}  // namespace harness
