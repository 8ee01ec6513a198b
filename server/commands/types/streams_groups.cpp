/// Consumer groups: made and deleted, what is pending in them, and acknowledged.
#include <algorithm>

#include "server/commands/types/handlers.h"
#include "server/commands/types/streams.h"
#include "server/engine/values.h"

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
  c.engine.tell_watchers(c.db(), c.arg(2));
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

}  // namespace

void command_xgroup(Call& c) {
  if (c.command.name == "xgroup|help") return help(c);
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
  const GroupPlace place = group_place(c, ok);
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
  if (done > 0) c.engine.tell_watchers(c.db(), c.arg(1));
  c.reply.integer(done);
}

void command_xpending(Call& c) {
  if (c.argc() != 3 && (c.argc() < 6 || c.argc() > 9)) return c.syntax_error();
  PendingQuery q;
  if (c.argc() != 3 && !parse_pending(c, q)) return;
  bool ok = true;
  const GroupPlace place = group_place(c, ok);
  if (!ok) return;
  if (!place.group) return no_such_group(c, c.arg(1), c.arg(2));
  c.argc() == 3 ? pending_summary(c, *place.group) : pending_list(c, *place.group, q);
}

}  // namespace node
