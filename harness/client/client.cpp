#include "harness/client/client.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <utility>

#include "harness/client/pause.h"

namespace harness {
namespace {

namespace asio = boost::asio;

constexpr int kRedirectionsMax = 16;
constexpr std::chrono::milliseconds kRefreshInterval(50);
constexpr std::chrono::milliseconds kTryAgainPause(10);
constexpr std::string_view kAsking = "*1\r\n$6\r\nASKING\r\n";
constexpr std::string_view kReadonly = "*1\r\n$8\r\nREADONLY\r\n";

Answer finished(const Classification& meaning, int node) {
  return {meaning.outcome, meaning.reason, nullptr, node, {}};
}

/// The text of an error reply; empty for any other.
std::string_view error_of(const redisReply& reply) {
  return reply.type == REDIS_REPLY_ERROR ? std::string_view(reply.str, reply.len) : std::string_view{};
}

/// What the replies say of the request as a whole.
Refusal meaning_of(const Request& request, const redisReply& last, std::span<const ReplyPtr> earlier) {
  const std::string_view error = error_of(last);
  if (request.kind == Request::Kind::kTransaction && last.type == REDIS_REPLY_NIL)
    return {watched_key_changed(), {}};
  if (error.empty() && request.kind != Request::Kind::kPipeline) return {classify(WireFailure::kNone), {}};
  if (request.kind == Request::Kind::kCommand) return {classify_error_reply(error), error};
  std::vector<std::string_view> errors;
  for (const ReplyPtr& reply : earlier) errors.push_back(error_of(*reply));
  if (request.kind == Request::Kind::kTransaction) return classify_transaction(error, errors);
  errors.push_back(error);
  return classify_pipeline(errors);
}

}  // namespace

ClientGroup::ClientGroup(std::vector<ClientNode> nodes, std::chrono::milliseconds operation_timeout)
    : nodes_(std::move(nodes)), operation_timeout_(operation_timeout) {
  owners_.fill(-1);
}

std::unique_ptr<Wire> ClientGroup::make_wire(int node) {
  return std::make_unique<Wire>(context_, watch_, nodes_[static_cast<std::size_t>(node)].address);
}

void ClientGroup::start() {
  // Suspended coroutines survive the stop of a context and go on with its next run.
  if (!watching_) asio::co_spawn(context_, watch_.watch(), asio::detached);
  watching_ = true;
  refresh_soon();
}

int ClientGroup::node_at(std::string_view ip, int port) {
  std::vector<std::size_t> of_ip;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].address.address().to_string() != ip) continue;
    if (nodes_[i].address.port() == port) return static_cast<int>(i);
    of_ip.push_back(i);
  }
  if (of_ip.size() != 1 || port <= 0 || port > 65'535) return -1;
  nodes_[of_ip.front()].address.port(static_cast<std::uint16_t>(port));
  return static_cast<int>(of_ip.front());
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
    const std::size_t source = next_source_++ % nodes_.size();
    Wire wire(context_, watch_, nodes_[source].address);
    // A short patience: the next node may know more than one that hangs.
    const SteadyTime deadline =
        std::chrono::steady_clock::now() + std::min(operation_timeout_, std::chrono::milliseconds(200));
    if (co_await wire.connect(deadline) != WireFailure::kNone) continue;
    const WireReply answer = co_await wire.request(request, 1, deadline);
    if (answer.failure == WireFailure::kNone && take_slots(*answer.reply, source)) break;
  }
  last_refresh_ = std::chrono::steady_clock::now();
  refreshing_ = false;
}

/// A node that does not know its own address names none: it is the one that was asked (as with MOVED).
int ClientGroup::node_named(std::string_view ip, int port, std::size_t source) {
  return ip.empty() ? node_at(nodes_[source].address.address().to_string(), port) : node_at(ip, port);
}

/// CLUSTER SLOTS: [[first, last, [ip, port, …], …], …]. False when it is something else, or empty.
bool ClientGroup::take_slots(const redisReply& reply, std::size_t source) {
  if (reply.type != REDIS_REPLY_ARRAY || reply.elements == 0) return false;
  for (std::size_t i = 0; i < reply.elements; ++i) {
    const redisReply& range = *reply.element[i];
    if (range.type != REDIS_REPLY_ARRAY || range.elements < 3) return false;
    const redisReply& master = *range.element[2];
    if (range.element[0]->type != REDIS_REPLY_INTEGER || range.element[1]->type != REDIS_REPLY_INTEGER)
      return false;
    if (master.type != REDIS_REPLY_ARRAY || master.elements < 2 ||
        (master.element[0]->type != REDIS_REPLY_STRING && master.element[0]->type != REDIS_REPLY_NIL) ||
        master.element[1]->type != REDIS_REPLY_INTEGER)
      return false;
    const int node = node_named({master.element[0]->str, master.element[0]->len},
                                static_cast<int>(master.element[1]->integer), source);
    const auto first = std::max<long long>(range.element[0]->integer, 0);
    const auto last = std::min<long long>(range.element[1]->integer, kSlotCount - 1);
    for (auto slot = first; node >= 0 && slot <= last; ++slot) learn(static_cast<int>(slot), node);
  }
  return true;
}

/// What the node that was asked says about the next step.
struct Client::Hop {
  NextStep next = NextStep::kFinish;
  int node = -1;  // to ask next
  int slot = -1;  // that moved
};

Client::Client(ClientGroup& group) : group_(group), wires_(2 * group.nodes().size()) {}

void Client::keep_map() {
  kept_.assign(group_.owners_.begin(), group_.owners_.end());
}

/// A slot that nobody served when the map was kept is looked up as by everybody else.
int Client::owner(int slot) const {
  const int kept = kept_.empty() ? -1 : kept_[static_cast<std::size_t>(slot)];
  return kept >= 0 ? kept : group_.owner(slot);
}

void Client::reset() {
  for (auto& wire : wires_) wire.reset();
}

void Client::drop(int node, bool readonly) {
  wires_[static_cast<std::size_t>(node) + (readonly ? group_.nodes().size() : 0)].reset();
}

Wire& Client::wire(int node, bool readonly) {
  const auto number = static_cast<std::size_t>(node);
  auto& wire = wires_[number + (readonly ? group_.nodes().size() : 0)];
  const auto& address = group_.nodes()[number].address;
  // What is connected stays so, also to a node that takes new connections elsewhere.
  if (!wire || (!wire->connected() && wire->address() != address))
    wire = std::make_unique<Wire>(group_.context(), group_.watch_, address);
  return *wire;
}

Task<Answer> Client::command(std::string_view key, std::span<const std::string_view> arguments, int first) {
  return blocking_command(key, arguments, {}, first);
}

Task<Answer> Client::blocking_command(std::string_view key, std::span<const std::string_view> arguments,
                                      std::chrono::milliseconds blocks, int first) {
  command_.clear();
  append_command(command_, arguments);
  Request request;
  request.bytes = command_;
  request.slot = slot_of(key);
  request.patience = blocks;
  request.first = first;
  return exchange(request);
}

/// Nobody is known to serve the slot: waits a little for the slot map. False when the time is up.
Task<bool> Client::find_owner(SteadyTime deadline) {
  group_.refresh_soon();
  if (std::chrono::steady_clock::now() >= deadline) co_return false;
  co_await pause_for(group_.context(), kTryAgainPause);
  co_return true;
}

/// The node that a redirection names; -1: none of ours.
int Client::redirected_to(std::string_view error, int from) const {
  const Redirection target = parse_redirection(error);
  return group_.node_named(target.ip, target.port, static_cast<std::size_t>(from));
}

/// The connection failed: the slot map may be old.
Answer Client::broken(WireFailure failure, int node) {
  group_.refresh_soon();
  return finished(classify(failure), node);
}

/// Asks one node. The answer counts when `hop` says that nothing follows.
Task<Answer> Client::ask(const Request& request, int node, bool asking, SteadyTime deadline, Hop& hop) {
  Wire& connection = wire(node, request.readonly);
  const bool fresh = !connection.connected();
  if (fresh && request.connected) co_return finished(classify(WireFailure::kNotSent), node);
  if (fresh) {
    if (const WireFailure failure = co_await connection.connect(deadline); failure != WireFailure::kNone)
      co_return broken(failure, node);
  }
  request_.clear();
  const bool readonly = fresh && request.readonly;
  if (readonly) request_ += kReadonly;
  if (asking) request_ += kAsking;
  request_ += request.bytes;
  const int before = (readonly ? 1 : 0) + (asking ? 1 : 0);
  std::vector<ReplyPtr> earlier;
  const bool all = request.kind != Request::Kind::kCommand;
  WireReply got =
      co_await connection.request(request_, request.replies + before, deadline, all ? &earlier : nullptr);
  if (got.failure != WireFailure::kNone) co_return broken(got.failure, node);
  if (all) earlier.erase(earlier.begin(), earlier.begin() + before);
  const Refusal meaning = meaning_of(request, *got.reply, earlier);
  if (meaning.meaning.outcome == Outcome::kOk)
    co_return Answer{Outcome::kOk, {}, std::move(got.reply), node, std::move(earlier)};
  hop.next = meaning.meaning.next;
  if (hop.next == NextStep::kMoved || hop.next == NextStep::kAsk) {
    hop.node = redirected_to(meaning.error, node);
    hop.slot = parse_redirection(meaning.error).slot;
  }
  co_return finished(meaning.meaning, node);
}

Task<Answer> Client::exchange(Request request) {
  const SteadyTime deadline =
      std::chrono::steady_clock::now() + group_.operation_timeout() + request.patience;
  int asked_node = -1;  // set for one request after an ASK
  int moved_node = -1;  // the same after a MOVED, of a client that keeps its map
  int first = request.first;
  int astray_at = -1;  // who was asked first, until another answered
  int last_node = -1;
  for (int hops = 0; hops < kRedirectionsMax;) {
    const bool asking = asked_node >= 0;
    const int node = asking              ? asked_node
                     : moved_node >= 0   ? moved_node
                     : first >= 0        ? first
                     : request.slot >= 0 ? owner(request.slot)
                                         : request.node;
    if (node < 0) {
      if (!co_await find_owner(deadline)) co_return Answer{Outcome::kFail, "no-owner-found", nullptr, -1, {}};
      continue;
    }
    last_node = node;
    Hop hop;
    Answer answer = co_await ask(request, node, asking, deadline, hop);
    const bool astray = std::exchange(first, -1) >= 0;
    const int told_by = std::exchange(astray_at, astray ? node : -1);
    asked_node = moved_node = -1;
    if (answer.outcome == Outcome::kOk) co_return answer;
    // A pinned request takes a redirection as a refusal.
    if (hop.next == NextStep::kFinish || request.slot < 0) co_return answer;
    if (hop.next == NextStep::kTryAgain) {  // the deadline bounds these, not the number of redirections
      if (std::chrono::steady_clock::now() + kTryAgainPause >= deadline) co_return answer;
      co_await pause_for(group_.context(), kTryAgainPause);
      continue;
    }
    // Whoever was asked first named a node that is not the slot's either.
    if (told_by >= 0 && hop.next == NextStep::kMoved)
      co_return Answer{Outcome::kFail, "redirected-again", nullptr, told_by, {}};
    if (hop.node < 0) co_return Answer{Outcome::kFail, "redirected-elsewhere", nullptr, node, {}};
    ++hops;
    if (hop.next == NextStep::kAsk) {
      ++group_.asked;
      asked_node = hop.node;
      continue;
    }
    if (!astray) ++group_.moved;
    if (astray || !kept_.empty()) {
      moved_node = hop.node;
      continue;
    }
    group_.learn(hop.slot, hop.node);
    group_.refresh_soon();
  }
  co_return Answer{Outcome::kFail, "redirected-in-circles", nullptr, last_node, {}};
}

}  // namespace harness
