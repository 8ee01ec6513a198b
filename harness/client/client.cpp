#include "harness/client/client.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace harness {
namespace {

namespace asio = boost::asio;

constexpr int kRedirectionsMax = 16;
constexpr std::chrono::milliseconds kRefreshInterval(50);
constexpr std::chrono::milliseconds kTryAgainPause(10);
constexpr std::string_view kAsking = "*1\r\n$6\r\nASKING\r\n";

Answer finished(const Classification& meaning, int node) {
  return {meaning.outcome, meaning.reason, nullptr, node};
}

Task<void> pause(asio::io_context& context, std::chrono::milliseconds time) {
  asio::steady_timer timer(context, time);
  boost::system::error_code ignored;  // a cancelled pause is a shorter pause
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

}  // namespace

ClientGroup::ClientGroup(std::vector<ClientNode> nodes, std::chrono::milliseconds operation_timeout)
    : nodes_(std::move(nodes)), operation_timeout_(operation_timeout) {
  owners_.fill(-1);
}

void ClientGroup::start() {
  // Suspended coroutines survive the stop of a context and go on with its next run.
  if (!watching_) asio::co_spawn(context_, watch_.watch(), asio::detached);
  watching_ = true;
  refresh_soon();
}

int ClientGroup::node_at(std::string_view ip, int port) const {
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    if (nodes_[i].address.port() == port && nodes_[i].address.address().to_string() == ip)
      return static_cast<int>(i);
  return -1;
}

void ClientGroup::refresh_soon() {
  if (refreshing_ || std::chrono::steady_clock::now() - last_refresh_ < kRefreshInterval) return;
  refreshing_ = true;
  asio::co_spawn(context_, refresh(), asio::detached);
}

Task<void> ClientGroup::refresh() {
  std::string request;
  const std::string_view arguments[] = {"CLUSTER", "SLOTS"};
  append_command(request, arguments);
  for (std::size_t tries = 0; tries < nodes_.size(); ++tries) {
    const ClientNode& source = nodes_[next_source_++ % nodes_.size()];
    Wire wire(context_, watch_, source.address);
    // A short patience: the next node may know more than one that hangs.
    const SteadyTime deadline =
        std::chrono::steady_clock::now() + std::min(operation_timeout_, std::chrono::milliseconds(200));
    if (co_await wire.connect(deadline) != WireFailure::kNone) continue;
    const WireReply answer = co_await wire.request(request, 1, deadline);
    if (answer.failure == WireFailure::kNone && take_slots(*answer.reply)) break;
  }
  last_refresh_ = std::chrono::steady_clock::now();
  refreshing_ = false;
}

/// CLUSTER SLOTS: [[first, last, [ip, port, …], …], …]. False when it is something else, or empty.
bool ClientGroup::take_slots(const redisReply& reply) {
  if (reply.type != REDIS_REPLY_ARRAY || reply.elements == 0) return false;
  for (std::size_t i = 0; i < reply.elements; ++i) {
    const redisReply& range = *reply.element[i];
    if (range.type != REDIS_REPLY_ARRAY || range.elements < 3) return false;
    const redisReply& master = *range.element[2];
    if (range.element[0]->type != REDIS_REPLY_INTEGER || range.element[1]->type != REDIS_REPLY_INTEGER)
      return false;
    if (master.type != REDIS_REPLY_ARRAY || master.elements < 2 ||
        master.element[0]->type != REDIS_REPLY_STRING || master.element[1]->type != REDIS_REPLY_INTEGER)
      return false;
    const int node = node_at({master.element[0]->str, master.element[0]->len},
                             static_cast<int>(master.element[1]->integer));
    const auto first = std::max<long long>(range.element[0]->integer, 0);
    const auto last = std::min<long long>(range.element[1]->integer, kSlotCount - 1);
    for (auto slot = first; node >= 0 && slot <= last; ++slot) learn(static_cast<int>(slot), node);
  }
  return true;
}

Client::Client(ClientGroup& group) : group_(group), wires_(group.nodes().size()) {}

void Client::reset() {
  for (auto& wire : wires_) wire.reset();
}

Wire& Client::wire(int node) {
  auto& wire = wires_[static_cast<std::size_t>(node)];
  if (!wire)
    wire = std::make_unique<Wire>(group_.context(), group_.watch_,
                                  group_.nodes()[static_cast<std::size_t>(node)].address);
  return *wire;
}

Task<Answer> Client::command(std::string_view key, std::span<const std::string_view> arguments) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + group_.operation_timeout();
  const int slot = slot_of(key);
  int asked_node = -1;  // set for one request after an ASK
  int last_node = -1;
  for (int hop = 0; hop < kRedirectionsMax; ++hop) {
    const int node = asked_node >= 0 ? asked_node : group_.owner(slot);
    if (node < 0) {
      group_.refresh_soon();
      if (std::chrono::steady_clock::now() >= deadline)
        co_return Answer{Outcome::kFail, "no-owner-found", nullptr, -1};
      co_await pause(group_.context(), kTryAgainPause);
      --hop;
      continue;
    }
    last_node = node;
    Wire& connection = wire(node);
    if (!connection.connected()) {
      if (const WireFailure failure = co_await connection.connect(deadline); failure != WireFailure::kNone) {
        group_.refresh_soon();
        co_return finished(classify(failure), node);
      }
    }
    request_.clear();
    if (asked_node >= 0) request_ += kAsking;
    append_command(request_, arguments);
    WireReply answer = co_await connection.request(request_, asked_node >= 0 ? 2 : 1, deadline);
    asked_node = -1;
    if (answer.failure != WireFailure::kNone) {
      group_.refresh_soon();
      co_return finished(classify(answer.failure), node);
    }
    if (answer.reply->type != REDIS_REPLY_ERROR)
      co_return Answer{Outcome::kOk, {}, std::move(answer.reply), node};

    const std::string_view error(answer.reply->str, answer.reply->len);
    const Classification meaning = classify_error_reply(error);
    if (meaning.next == NextStep::kFinish) co_return finished(meaning, node);
    if (meaning.next == NextStep::kTryAgain) {
      if (std::chrono::steady_clock::now() + kTryAgainPause >= deadline) co_return finished(meaning, node);
      co_await pause(group_.context(), kTryAgainPause);
      --hop;  // the deadline bounds these, not the number of redirections
      continue;
    }
    const Redirection target = parse_redirection(error);
    const std::string own_ip = group_.nodes()[static_cast<std::size_t>(node)].address.address().to_string();
    const int next = group_.node_at(target.ip.empty() ? own_ip : target.ip, target.port);
    if (next < 0) co_return Answer{Outcome::kFail, "redirected-elsewhere", nullptr, node};
    if (meaning.next == NextStep::kAsk) {
      ++group_.asked;
      asked_node = next;
      continue;
    }
    ++group_.moved;
    group_.learn(target.slot, next);
    group_.refresh_soon();
  }
  co_return Answer{Outcome::kFail, "redirected-in-circles", nullptr, last_node};
}

}  // namespace harness
