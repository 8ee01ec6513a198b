#include "harness/client/subscription.h"

#include <algorithm>

namespace harness {
namespace {

std::string_view text(const redisReply& reply) {
  const bool has_text = reply.type == REDIS_REPLY_STRING || reply.type == REDIS_REPLY_STATUS;
  return has_text ? std::string_view(reply.str, reply.len) : std::string_view{};
}

/// The first word of an array reply, or a status.
std::string_view kind_of(const redisReply& reply) {
  const bool array = reply.type == REDIS_REPLY_ARRAY && reply.elements > 0;
  return text(array ? *reply.element[0] : reply);
}

/// How each way subscribes, and how its pushes begin.
struct WayWords {
  std::string_view command, subscribed, message, unsubscribed;
};
constexpr WayWords kWayWords[] = {
    {"SUBSCRIBE", "subscribe", "message", "unsubscribe"},
    {"PSUBSCRIBE", "psubscribe", "pmessage", "punsubscribe"},
    {"SSUBSCRIBE", "ssubscribe", "smessage", "sunsubscribe"},
};
const WayWords& words_of(Subscription::Way way) {
  return kWayWords[static_cast<std::size_t>(way)];
}

/// "c17" as "[c]17": a pattern in form, which no other channel fits.
std::string pattern_for(const std::string& channel) {
  return "[" + channel.substr(0, 1) + "]" + channel.substr(1);
}

Answer answer_of(const Classification& meaning, int node) {
  return {meaning.outcome, meaning.reason, nullptr, node, {}};
}

}  // namespace

Subscription::Subscription(ClientGroup& group, std::string channel, Way way, Preparation preparation)
    : group_(group), channel_(std::move(channel)), way_(way), preparation_(std::move(preparation)) {}

Task<Answer> Subscription::open(int node) {
  int elsewhere = -1;
  Answer answer = co_await subscribe(node, elsewhere);
  if (elsewhere >= 0) answer = co_await subscribe(elsewhere, elsewhere);
  co_return answer;
}

/// Until it is answered nothing has come of it: what fails here certainly did not happen for anybody.
Task<Answer> Subscription::subscribe(int node, int& elsewhere) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + group_.operation_timeout();
  wire_ = group_.make_wire(node);
  node_ = node;
  if (const WireFailure failure = co_await wire_->connect(deadline); failure != WireFailure::kNone) {
    group_.refresh_soon();
    co_return answer_of(classify(failure), node);
  }
  Answer prepared = co_await carry_out(*wire_, preparation_.before, deadline);
  if (prepared.outcome != Outcome::kOk) co_return prepared;
  std::string bytes;
  const std::string what = way_ == Way::kPattern ? pattern_for(channel_) : channel_;
  const std::string_view command[] = {words_of(way_).command, what};
  append_command(bytes, command);
  // A first message may come right behind the answer.
  WireReply got;
  got.failure = co_await wire_->post(bytes, deadline);
  if (got.failure == WireFailure::kNone) got = co_await wire_->next_push(deadline);
  if (got.failure != WireFailure::kNone)
    co_return Answer{Outcome::kFail, classify(got.failure).reason, nullptr, node, {}};
  if (got.reply->type == REDIS_REPLY_ERROR) co_return refused(*got.reply, elsewhere);
  open_ = kind_of(*got.reply) == words_of(way_).subscribed;
  if (open_ && !preparation_.beside.empty()) {
    beside_ = group_.make_wire(node);
    Answer done = co_await carry_out(*beside_, preparation_.beside, deadline);
    open_ = done.outcome == Outcome::kOk;
    if (!open_) co_return done;
  }
  co_return Answer{open_ ? Outcome::kOk : Outcome::kFail, open_ ? "" : "unexpected-reply", nullptr, node, {}};
}

Answer Subscription::refused(const redisReply& reply, int& elsewhere) {
  const std::string_view error(reply.str, reply.len);
  if (const Redirection target = parse_redirection(error); target.valid) {
    group_.refresh_soon();
    elsewhere = group_.node_at(target.ip, target.port);
  }
  return Answer{Outcome::kFail, classify_error_reply(error).reason, nullptr, node_, {}};
}

/// Each is answered before the next one is sent.
Task<Answer> Subscription::carry_out(Wire& wire, const std::vector<Words>& commands, SteadyTime deadline) {
  if (!commands.empty() && !wire.connected()) {
    if (const WireFailure failure = co_await wire.connect(deadline); failure != WireFailure::kNone)
      co_return Answer{Outcome::kFail, classify(failure).reason, nullptr, node_, {}};
  }
  for (const Words& words : commands) {
    std::vector<std::string_view> command(words.begin(), words.end());
    std::ranges::replace(command, kOwnId, std::string_view(id_));
    std::string bytes;
    append_command(bytes, command);
    WireReply got;
    got.failure = co_await wire.post(bytes, deadline);
    if (got.failure == WireFailure::kNone) got = co_await wire.next_push(deadline);
    if (got.failure != WireFailure::kNone)
      co_return Answer{Outcome::kFail, classify(got.failure).reason, nullptr, node_, {}};
    int elsewhere = -1;
    if (got.reply->type == REDIS_REPLY_ERROR) co_return refused(*got.reply, elsewhere);
    if (got.reply->type == REDIS_REPLY_INTEGER) id_ = std::to_string(got.reply->integer);
  }
  co_return Answer{Outcome::kOk, {}, nullptr, node_, {}};
}

/// Takes what comes before the answer.
Task<WireFailure> Subscription::ping(Wire& wire, Taken& taken) const {
  const SteadyTime deadline = std::chrono::steady_clock::now() + group_.operation_timeout();
  std::string bytes;
  const std::string_view command[] = {"PING"};
  append_command(bytes, command);
  WireFailure failure = co_await wire.post(bytes, deadline);
  for (bool answered = false; failure == WireFailure::kNone && !answered;) {
    const WireReply push = co_await wire.next_push(deadline);
    failure = push.failure;
    if (failure == WireFailure::kNone) answered = take_push(*push.reply, taken);
  }
  co_return failure;
}

/// What the connection beside it asked for ends with that connection.
Task<Subscription::Taken> Subscription::take() {
  Taken taken;
  WireFailure failure = co_await ping(*wire_, taken);
  if (failure == WireFailure::kNone && beside_) failure = co_await ping(*beside_, taken);
  if (failure != WireFailure::kNone) {
    taken.end = failure == WireFailure::kTimeout ? End::kTimeout : End::kClosed;
    wire_->close();
  }
  open_ = taken.end == End::kStill;
  co_return taken;
}

/// ["message", channel, content], or ["pmessage", pattern, channel, content].
const redisReply* Subscription::message_of(const redisReply& push) const {
  const std::size_t length = way_ == Way::kPattern ? 4 : 3;
  const bool mine = push.type == REDIS_REPLY_ARRAY && push.elements == length &&
                    kind_of(push) == words_of(way_).message && text(*push.element[length - 2]) == channel_;
  return mine ? push.element[length - 1] : nullptr;
}

/// True when it is the answer to the PING: an array while it is subscribed, else a status.
bool Subscription::take_push(const redisReply& push, Taken& taken) const {
  const std::string_view kind = kind_of(push);
  if (kind == "pong" || kind == "PONG") return true;
  const bool of_three = push.type == REDIS_REPLY_ARRAY && push.elements == 3;
  if (const redisReply* message = message_of(push)) {
    const redisReply& content = *message;
    if (content.type == REDIS_REPLY_NIL)
      taken.all = true;
    else if (content.type != REDIS_REPLY_ARRAY)
      taken.messages.emplace_back(text(content));
    for (std::size_t i = 0; content.type == REDIS_REPLY_ARRAY && i < content.elements; ++i)
      taken.messages.emplace_back(text(*content.element[i]));
  } else if (of_three && kind == words_of(way_).unsubscribed) {
    taken.end = End::kUnsubscribed;
  } else {
    taken.sound = false;
  }
  return push.type == REDIS_REPLY_ERROR;
}

}  // namespace harness
