#include "harness/run/command_sessions.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <span>
#include <string_view>

namespace harness {
namespace {

/// A server that has not answered by then holds the command back: it blocks, or its clients are paused.
constexpr std::chrono::milliseconds kHeldBack(200);

/// After one of these a RESP2 connection takes no ordinary command.
constexpr std::array<std::string_view, 4> kSubscriptions = {"SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE",
                                                            "MONITOR"};

/// After one of these more may come than one reply: an answer for each channel, or a stream of commands.
constexpr std::array<std::string_view, 5> kTalkative = {"UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE", "SYNC",
                                                        "PSYNC"};

bool is_one_of(std::span<const std::string_view> names, const Command& command) {
  std::string word = command.empty() ? std::string() : command.front();
  std::ranges::transform(word, word.begin(), [](unsigned char c) { return std::toupper(c); });
  return std::ranges::find(names, word) != names.end();
}

bool subscribes(const Command& command) {
  return is_one_of(kSubscriptions, command);
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

/// What is there to be read, without waiting; nothing when the connection is closed.
std::vector<Reply> arrived_on(Connection& connection) {
  if (!connection.is_open()) return {};
  auto replies = connection.arrived();
  return replies ? std::move(*replies) : std::vector<Reply>();
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

void CommandSessions::listen(const Key& key) {
  const std::lock_guard lock(mutex_);
  listening_.insert(key);
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

Exchange CommandSessions::call(const Node& node, const std::string& session, const Command& command,
                               Timeouts timeouts, const std::function<void()>& held_back) {
  const Key key{node.number(), session};
  std::unique_ptr<Connection> connection = take(key);
  std::vector<Reply> before;
  if (connection) before = arrived_on(*connection);
  if (!connection || !connection->is_open()) {
    auto opened = node.connect(timeouts);
    if (!opened) {
      give_back(key, nullptr, false);
      return {opened.error(), {}, {}};
    }
    connection = std::make_unique<Connection>(std::move(*opened));
  }
  const bool listening = listens(key);
  Result<Reply> reply = round_trip(*connection, command, listening, timeouts.command, held_back);
  const bool subscribed = subscribes(command) && reply && !reply->is_error();
  const bool talks = listening || subscribes(command) || is_one_of(kTalkative, command);
  std::vector<Reply> after;
  if (!talks) after = arrived_on(*connection);
  if (listening) before.clear();
  if (is_one_of(kTalkative, command)) listen(key);
  give_back(key, std::move(connection), subscribed);
  return {std::move(reply), std::move(before), std::move(after)};
}

}  // namespace harness
