/// XCLAIM and XAUTOCLAIM: pending entries that change hands.
#include <algorithm>

#include "server/commands/types/handlers.h"
#include "server/commands/types/streams.h"

namespace node {

namespace {

/// Entries that change hands: what both commands do with each.
class Claim {
 public:
  Claim(Call& c, GroupPlace place) : c_(c), place_(place) {}

  bool just_ids = false;
  bool force = false;  ///< what is not pending becomes so
  std::int64_t min_idle_ms = 0;
  std::int64_t now_ms = 0, delivered_ms = 0;
  std::optional<std::uint64_t> deliveries;

  /// Whether the entry is gone from the stream; it is pending no more then.
  bool drop_if_gone(const StreamId& id, std::string_view id_text) {
    if (place_.stream->contains(id)) return false;
    const StreamPending* p = place_.group->find(id);
    if (!p) return true;
    tell(id_text, *p);
    place_.group->acknowledge(id);
    return true;
  }

  bool take(const StreamId& id, std::string_view id_text) {
    StreamPending* p = place_.group->find(id);
    if (!p && !force) return false;
    if (p && min_idle_ms && now_ms - p->delivered_ms < min_idle_ms) return false;
    if (!to_) to_ = &consumer_or_new(c_, c_.arg(1), *place_.group, c_.arg(3)).consumer;
    if (p)
      place_.group->give(*p, *to_);
    else
      p = &place_.group->deliver(id, *to_, delivered_ms, 1);
    p->delivered_ms = delivered_ms;
    if (deliveries)
      p->deliveries = *deliveries;
    else if (!just_ids)
      ++p->deliveries;
    taken_.push_back(id);
    tell(id_text, *p);
    return true;
  }

  void reply_taken() const {
    c_.reply.array(taken_.size());
    for (const StreamId& id : taken_)
      just_ids ? c_.reply.bulk(id.text()) : reply_entry_of(c_.reply, *place_.stream, id);
  }
  bool told() const { return told_; }

 private:
  void tell(std::string_view id_text, const StreamPending& p) {
    propagate_claim(c_, c_.arg(1), c_.arg(2), *place_.group, id_text, p);
    ++c_.engine.state.dirty;
    c_.engine.tell_watchers(c_.db(), c_.arg(1));
    told_ = true;
  }

  Call& c_;
  GroupPlace place_;
  StreamConsumer* to_ = nullptr;
  std::vector<StreamId> taken_;
  bool told_ = false;
};

struct ClaimOptions {
  std::vector<std::size_t> ids_at;
  std::vector<StreamId> ids;
  StreamId last_id;
  std::optional<std::int64_t> delivered_ms;
};

/// The ids and options behind the least idle time.
bool parse_claim(Call& c, Claim& claim, ClaimOptions& o) {
  std::size_t i = 5;
  for (; i < c.argc(); ++i) {
    const bool end = c.arg(i) == "-" || c.arg(i) == "+";
    const auto id = end ? std::nullopt : StreamId::parse(c.arg(i), 0);
    if (!id) break;
    o.ids.push_back(*id);
    o.ids_at.push_back(i);
  }
  auto number = [&](std::string_view option) {
    return c.integer(++i, "ERR Invalid " + std::string(option) + " option argument for XCLAIM");
  };
  for (; i < c.argc(); ++i) {
    const bool more = i + 1 < c.argc();
    if (c.is(i, "force")) {
      claim.force = true;
    } else if (c.is(i, "justid")) {
      claim.just_ids = true;
    } else if (more && c.is(i, "idle")) {
      const auto n = number("IDLE");
      if (!n) return false;
      std::int64_t at = 0;
      o.delivered_ms = __builtin_sub_overflow(claim.now_ms, *n, &at) ? claim.now_ms : at;
    } else if (more && c.is(i, "time")) {
      if (!(o.delivered_ms = number("TIME"))) return false;
    } else if (more && c.is(i, "retrycount")) {
      const auto n = number("RETRYCOUNT");
      if (!n) return false;
      claim.deliveries = *n >= 0 ? std::optional(static_cast<std::uint64_t>(*n)) : std::nullopt;
    } else if (more && c.is(i, "lastid")) {
      const auto id = stream_id(c, ++i);
      if (!id) return false;
      o.last_id = *id;
    } else {
      c.error("ERR Unrecognized XCLAIM option '" + std::string(c.arg(i)) + "'");
      return false;
    }
  }
  return true;
}

struct AutoClaimOptions {
  StreamId from;
  std::int64_t count = 100;
};

bool parse_auto_claim(Call& c, Claim& claim, AutoClaimOptions& o) {
  constexpr std::int64_t kCountMax = INT64_MAX / 16;
  const auto idle = c.integer(4, "ERR Invalid min-idle-time argument for XAUTOCLAIM");
  if (!idle) return false;
  claim.min_idle_ms = std::max<std::int64_t>(0, *idle);
  const auto from = range_start(c, 5);
  if (!from) return false;
  o.from = *from;
  for (std::size_t i = 6; i < c.argc(); ++i) {
    if (i + 1 < c.argc() && c.is(i, "count")) {
      const auto n = c.integer_in(++i, 1, kCountMax, "ERR COUNT must be > 0");
      if (!n) return false;
      o.count = *n;
    } else if (c.is(i, "justid")) {
      claim.just_ids = true;
    } else {
      c.syntax_error();
      return false;
    }
  }
  return true;
}

/// What was read up to there only the stream can tell (redis#10569). A master, or a file, tells it behind.
void move_position(const Call& c, const GroupPlace& place, const StreamId& id) {
  const Session::Kind asks = c.client.kind;
  if (asks != Session::Kind::master && asks != Session::Kind::loader)
    place.group->entries_read = place.stream->entries_up_to(id).value_or(StreamGroup::kUnknown);
  place.group->last_id = id;
}

}  // namespace

void command_xclaim(Call& c) {
  bool ok = true;
  const GroupPlace place = group_place(c, ok);
  if (!ok) return;
  if (!place.group) return no_such_group(c, c.arg(1), c.arg(2));
  const auto idle = c.integer(4, "ERR Invalid min-idle-time argument for XCLAIM");
  if (!idle) return;
  Claim claim(c, place);
  claim.min_idle_ms = std::max<std::int64_t>(0, *idle);
  claim.now_ms = clock_ms(c);
  ClaimOptions o;
  if (!parse_claim(c, claim, o)) return;
  c.propagate_nothing();
  const bool moved = o.last_id > place.group->last_id;
  if (moved) move_position(c, place, o.last_id);
  // A time in the future, or none, is now.
  claim.delivered_ms = o.delivered_ms.value_or(-1);
  if (claim.delivered_ms < 0 || claim.delivered_ms > claim.now_ms) claim.delivered_ms = claim.now_ms;
  for (std::size_t k = 0; k < o.ids.size(); ++k)
    if (!claim.drop_if_gone(o.ids[k], c.arg(o.ids_at[k]))) claim.take(o.ids[k], c.arg(o.ids_at[k]));
  if (moved) propagate_group_position(c, c.arg(1), c.arg(2), *place.group);
  if (moved && !claim.told()) {
    ++c.engine.state.dirty;
    c.engine.tell_watchers(c.db(), c.arg(1));
  }
  claim.reply_taken();
}

void command_xautoclaim(Call& c) {
  constexpr std::int64_t kAttemptsPerEntry = 10, kCountSane = std::int64_t{1} << 43;
  bool ok = true;
  AutoClaimOptions o;
  Claim options(c, {});
  if (!parse_auto_claim(c, options, o)) return;
  const GroupPlace place = group_place(c, ok);
  if (!ok) return;
  if (!place.group) return no_such_group(c, c.arg(1), c.arg(2));
  if (o.count > kCountSane)
    return c.error("ERR Insufficient memory, failed allocating transient memory, COUNT too high.");
  Claim claim(c, place);
  claim.just_ids = options.just_ids;
  claim.min_idle_ms = options.min_idle_ms;
  claim.now_ms = claim.delivered_ms = clock_ms(c);
  c.propagate_nothing();
  std::vector<StreamId> gone;
  std::optional<StreamId> from = o.from;
  for (std::int64_t attempts = o.count * kAttemptsPerEntry; attempts > 0 && o.count > 0 && from; --attempts) {
    const StreamPending* p = place.group->at_or_after(*from);
    if (!p) break;
    const StreamId id = p->id;
    from = id.next();
    const std::string text = id.text();
    if (claim.drop_if_gone(id, text)) {
      gone.push_back(id);
      --o.count;
    } else if (claim.take(id, text)) {
      --o.count;
    }
  }
  const StreamPending* next = from ? place.group->at_or_after(*from) : nullptr;
  c.reply.array(3);
  c.reply.bulk((next ? next->id : StreamId{}).text());
  claim.reply_taken();
  c.reply.array(gone.size());
  for (const StreamId& id : gone) c.reply.bulk(id.text());
}

}  // namespace node
