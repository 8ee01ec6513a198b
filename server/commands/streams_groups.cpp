/// Consumer groups: made and deleted, acknowledged, and pending entries that change hands.
#include <algorithm>

#include "server/commands/handlers.h"
#include "server/commands/streams.h"
#include "server/commands/values.h"

namespace node {

namespace {

// ---- XGROUP
// -----------------------------------------------------------------------------------------------------

struct GroupOptions {
  bool make_stream = false;
  std::int64_t entries_read = StreamGroup::kUnknown;
};

bool parse_group_options(Call& c, bool create, GroupOptions& o) {
  for (std::size_t i = 5; i < c.argc(); ++i) {
    if (create && c.is(i, "mkstream")) {
      o.make_stream = true;
    } else if (c.is(i, "entriesread") && i + 1 < c.argc()) {
      const auto n = c.integer(++i);
      if (!n) return false;
      if (*n < 0 && *n != StreamGroup::kUnknown) {
        c.error("ERR value for ENTRIESREAD must be positive or -1");
        return false;
      }
      o.entries_read = *n;
    } else {
      subcommand_syntax_error(c);
      return false;
    }
  }
  return true;
}

/// The stream of XGROUP; null after an answer.
Stream* stream_of_group(Call& c) {
  bool ok = true;
  Stream* s = c.value<Stream>(c.arg(2), ok, true);
  if (ok && !s)
    c.error(
        "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the "
        "MKSTREAM option to create an empty stream automatically.");
  return s;
}

/// The group of a subcommand that needs one; null after an answer.
StreamGroup* group_of(Call& c, Stream* s) {
  if (!s) return nullptr;
  StreamGroup* group = s->group(c.arg(3));
  if (!group)
    c.error("NOGROUP No such consumer group '" + std::string(c.arg(3)) + "' for key name '" +
            std::string(c.arg(2)) + "'");
  return group;
}

void told(Call& c, std::string_view event) {
  ++c.engine.state.dirty;
  c.event('t', event, c.arg(2));
}

void group_create(Call& c) {
  GroupOptions o;
  if (!parse_group_options(c, true, o)) return;
  bool ok = true;
  Stream* s = o.make_stream ? c.value<Stream>(c.arg(2), ok, true) : stream_of_group(c);
  if (!ok || (!s && !o.make_stream)) return;
  if (c.argc() > 8) return subcommand_syntax_error(c);
  StreamId last;
  if (c.arg(4) != "$") {
    const auto id = stream_id(c, 4);
    if (!id) return;
    last = *id;
  } else if (s) {
    last = s->last_id;
  }
  if (!s) {
    s = value_or_new<Stream>(c, c.arg(2));
    c.db().touched(c.arg(2));
  }
  if (!s->add_group(c.arg(3), last, o.entries_read))
    return c.error("BUSYGROUP Consumer Group name already exists");
  c.reply.ok();
  told(c, "xgroup-create");
}

void group_setid(Call& c) {
  GroupOptions o;
  if (!parse_group_options(c, false, o)) return;
  Stream* s = stream_of_group(c);
  StreamGroup* group = group_of(c, s);
  if (!group) return;
  if (c.argc() != 5 && c.argc() != 7) return subcommand_syntax_error(c);
  StreamId last = s->last_id;
  if (c.arg(4) != "$") {
    const auto id = stream_id_or_end(c, c.arg(4), 0);
    if (!id) return;
    last = *id;
  }
  group->last_id = last;
  group->entries_read = o.entries_read;
  c.reply.ok();
  told(c, "xgroup-setid");
}

void group_destroy(Call& c) {
  Stream* s = stream_of_group(c);
  if (!s) return;
  if (!s->remove_group(c.arg(3))) return c.reply.integer(0);
  c.reply.integer(1);
  told(c, "xgroup-destroy");
  c.engine.note_ready(c.db(), c.arg(2));  // who reads in it must hear of its end
}

void group_create_consumer(Call& c) {
  StreamGroup* group = group_of(c, stream_of_group(c));
  if (!group) return;
  if (group->consumer(c.arg(4))) return c.reply.integer(0);
  group->add_consumer(c.arg(4), clock_ms(c));
  told(c, "xgroup-createconsumer");
  c.reply.integer(1);
}

void group_delete_consumer(Call& c) {
  StreamGroup* group = group_of(c, stream_of_group(c));
  if (!group) return;
  StreamConsumer* consumer = group->consumer(c.arg(4));
  if (!consumer) return c.reply.integer(0);
  const auto pending = static_cast<std::int64_t>(consumer->second.pending.size());
  group->remove_consumer(*consumer);
  told(c, "xgroup-delconsumer");
  c.reply.integer(pending);
}

/// The group of a command whose key and group are its first words; `ok` false after WRONGTYPE.
struct Place {
  Stream* stream = nullptr;
  StreamGroup* group = nullptr;
};
Place place_of(Call& c, bool& ok) {
  Place place{c.value<Stream>(c.arg(1), ok, false), nullptr};
  if (place.stream) place.group = place.stream->group(c.arg(2));
  return place;
}

// ---- XPENDING
// ---------------------------------------------------------------------------------------------------

void pending_summary(Call& c, const StreamGroup& group) {
  const auto& pending = group.pending();
  c.reply.array(4);
  c.reply.integer(static_cast<std::int64_t>(pending.size()));
  if (pending.empty()) {
    c.reply.null();
    c.reply.null();
    return c.reply.null_array();
  }
  c.reply.bulk(pending.front().id.text());
  c.reply.bulk(pending.back().id.text());
  const std::size_t mark = c.reply.mark();
  std::size_t n = 0;
  for (const auto& [name, state] : group.consumers()) {
    if (state.pending.empty()) continue;
    c.reply.array(2);
    c.reply.bulk(name);
    c.reply.bulk_integer(static_cast<std::int64_t>(state.pending.size()));
    ++n;
  }
  c.reply.wrap_array(mark, n);
}

/// [IDLE ms] start end count [consumer].
struct PendingQuery {
  StreamRange range;
  std::int64_t count = 0, min_idle_ms = 0;
  std::optional<std::string_view> consumer;
};

bool parse_pending(Call& c, PendingQuery& q) {
  std::size_t at = 3;
  if (c.is(3, "idle")) {
    const auto idle = c.integer(4);
    if (!idle) return false;
    if (c.argc() < 8) {
      c.syntax_error();
      return false;
    }
    q.min_idle_ms = *idle;
    at += 2;
  }
  const auto count = c.integer(at + 2);
  if (!count) return false;
  q.count = std::max<std::int64_t>(0, *count);
  const auto range = stream_range(c, at, at + 1);
  if (!range) return false;
  q.range = *range;
  if (at + 3 < c.argc()) q.consumer = c.arg(at + 3);
  return true;
}

void pending_list(Call& c, StreamGroup& group, const PendingQuery& q) {
  const StreamConsumer* consumer = q.consumer ? group.consumer(*q.consumer) : nullptr;
  if (q.consumer && !consumer) return c.reply.array(0);
  const std::int64_t now = clock_ms(c);
  const std::size_t mark = c.reply.mark();
  std::int64_t n = 0;
  for (std::optional<StreamId> from = q.range.from; from && n < q.count;) {
    const StreamPending* p = nullptr;
    if (!consumer)
      p = group.at_or_after(*from);
    else if (const StreamId* own = consumer->second.pending.at_or_after(*from))
      p = group.find(*own);
    if (!p || p->id > q.range.to) break;
    from = p->id.next();
    const std::int64_t idle = now - p->delivered_ms;
    if (q.min_idle_ms && idle < q.min_idle_ms) continue;
    c.reply.array(4);
    c.reply.bulk(p->id.text());
    c.reply.bulk(p->consumer->first);
    c.reply.integer(std::max<std::int64_t>(0, idle));
    c.reply.integer(static_cast<std::int64_t>(p->deliveries));
    ++n;
  }
  c.reply.wrap_array(mark, static_cast<std::size_t>(n));
}

// ---- XCLAIM and XAUTOCLAIM
// --------------------------------------------------------------------------------------

/// Entries that change hands: what both commands do with each.
class Claim {
 public:
  Claim(Call& c, Place place) : c_(c), place_(place) {}

  bool just_ids = false;
  bool force = false;  ///< what is not pending becomes so
  std::int64_t min_idle_ms = 0;
  std::int64_t now_ms = 0, delivered_ms = 0;
  std::optional<std::uint64_t> deliveries;

  /// An entry that is gone from the stream is pending no more. True when it was.
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
    told_ = true;
  }

  Call& c_;
  Place place_;
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
      if (*n >= 0) claim.deliveries = static_cast<std::uint64_t>(*n);
      if (*n < 0) claim.deliveries.reset();
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

}  // namespace

void command_xgroup(Call& c) {
  if (c.command.name == "xgroup|help")
    return help(c, {"CREATE <key> <group> <id|$> [MKSTREAM] [ENTRIESREAD <count>]",
                    "CREATECONSUMER <key> <group> <consumer>", "DELCONSUMER <key> <group> <consumer>",
                    "DESTROY <key> <group>", "SETID <key> <group> <id|$> [ENTRIESREAD <count>]"});
  constexpr std::pair<std::string_view, Handler> subcommands[] = {{"create", group_create},
                                                                  {"createconsumer", group_create_consumer},
                                                                  {"delconsumer", group_delete_consumer},
                                                                  {"destroy", group_destroy},
                                                                  {"setid", group_setid}};
  for (const auto& [name, run] : subcommands)
    if (c.is(1, name)) return run(c);
  c.unknown_subcommand();
}

void command_xack(Call& c) {
  bool ok = true;
  const Place place = place_of(c, ok);
  if (!ok) return;
  if (!place.group) return c.reply.integer(0);
  std::vector<StreamId> ids;
  for (std::size_t i = 3; i < c.argc(); ++i) {
    const auto id = stream_id(c, i);
    if (!id) return;
    ids.push_back(*id);
  }
  std::int64_t done = 0;
  for (const StreamId& id : ids) done += place.group->acknowledge(id);
  c.engine.state.dirty += static_cast<std::uint64_t>(done);
  c.reply.integer(done);
}

void command_xpending(Call& c) {
  if (c.argc() != 3 && (c.argc() < 6 || c.argc() > 9)) return c.syntax_error();
  PendingQuery q;
  if (c.argc() != 3 && !parse_pending(c, q)) return;
  bool ok = true;
  const Place place = place_of(c, ok);
  if (!ok) return;
  if (!place.group) return no_such_group(c, c.arg(1), c.arg(2));
  c.argc() == 3 ? pending_summary(c, *place.group) : pending_list(c, *place.group, q);
}

void command_xclaim(Call& c) {
  bool ok = true;
  const Place place = place_of(c, ok);
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
  if (moved) place.group->last_id = o.last_id;
  // A time in the future, or none, is now.
  claim.delivered_ms = o.delivered_ms.value_or(-1);
  if (claim.delivered_ms < 0 || claim.delivered_ms > claim.now_ms) claim.delivered_ms = claim.now_ms;
  for (std::size_t k = 0; k < o.ids.size(); ++k)
    if (!claim.drop_if_gone(o.ids[k], c.arg(o.ids_at[k]))) claim.take(o.ids[k], c.arg(o.ids_at[k]));
  if (moved && !claim.told()) {
    propagate_group_position(c, c.arg(1), c.arg(2), *place.group);
    ++c.engine.state.dirty;
  }
  claim.reply_taken();
}

void command_xautoclaim(Call& c) {
  constexpr std::int64_t kAttemptsPerEntry = 10, kCountSane = std::int64_t{1} << 43;
  bool ok = true;
  AutoClaimOptions o;
  Claim options(c, {});
  if (!parse_auto_claim(c, options, o)) return;
  const Place place = place_of(c, ok);
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
