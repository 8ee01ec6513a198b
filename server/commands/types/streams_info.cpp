/// XINFO: a stream, its groups and their consumers, in figures.
#include <algorithm>

#include "server/commands/types/handlers.h"
#include "server/commands/types/streams.h"
#include "server/engine/values.h"

namespace node {

namespace {

void integer(Call& c, std::string_view name, std::uint64_t n) {
  c.reply.bulk(name);
  c.reply.integer(static_cast<std::int64_t>(n));
}

void optional_integer(Call& c, std::string_view name, std::optional<std::int64_t> n) {
  c.reply.bulk(name);
  n ? c.reply.integer(*n) : c.reply.null();
}

void id(Call& c, std::string_view name, const StreamId& value) {
  c.reply.bulk(name);
  c.reply.bulk(value.text());
}

std::optional<std::int64_t> entries_read(const StreamGroup& group) {
  return group.entries_read == StreamGroup::kUnknown ? std::nullopt : std::optional(group.entries_read);
}

void entry(Call& c, std::string_view name, StreamCursor cursor) {
  c.reply.bulk(name);
  if (reply_entries(c.reply, cursor, 1) == 0) c.reply.null();
}

void consumer_in_full(Call& c, const StreamGroup& group, const StreamConsumer& consumer, std::size_t count) {
  const auto& [name, state] = consumer;
  c.reply.map(4);
  c.reply.bulk("name");
  c.reply.bulk(name);
  integer(c, "seen-time", static_cast<std::uint64_t>(state.seen_ms));
  integer(c, "pel-count", state.pending.size());
  c.reply.bulk("pending");
  std::size_t left = std::min(count, state.pending.size());
  c.reply.array(left);
  for (std::optional<StreamId> from = StreamId{}; left > 0; --left) {
    const StreamPending& p = *group.pending().find(*state.pending.at_or_after(*from));
    c.reply.array(3);
    c.reply.bulk(p.id.text());
    c.reply.integer(p.delivered_ms);
    c.reply.integer(static_cast<std::int64_t>(p.deliveries));
    if (!(from = p.id.next())) break;
  }
}

void group_in_full(Call& c, const Stream& s, const std::string& name, const StreamGroup& group,
                   std::size_t count) {
  c.reply.map(7);
  c.reply.bulk("name");
  c.reply.bulk(name);
  id(c, "last-delivered-id", group.last_id);
  optional_integer(c, "entries-read", entries_read(group));
  optional_integer(c, "lag", s.lag_of(group));
  integer(c, "pel-count", group.pending().size());
  c.reply.bulk("pending");
  std::size_t left = std::min(count, group.pending().size());
  c.reply.array(left);
  for (std::optional<StreamId> from = StreamId{}; left > 0; --left) {
    const StreamPending& p = *group.pending().at_or_after(*from);
    c.reply.array(4);
    c.reply.bulk(p.id.text());
    c.reply.bulk(p.consumer->first);
    c.reply.integer(p.delivered_ms);
    c.reply.integer(static_cast<std::int64_t>(p.deliveries));
    if (!(from = p.id.next())) break;
  }
  c.reply.bulk("consumers");
  c.reply.array(group.consumers().size());
  for (const StreamConsumer& consumer : group.consumers()) consumer_in_full(c, group, consumer, count);
}

/// Whether FULL was said, and how many of each list then (0: all); nothing after an answer.
struct Fullness {
  bool full = false;
  std::size_t count = 10;
};
std::optional<Fullness> parse_fullness(Call& c) {
  Fullness f;
  if (c.argc() == 3) return f;
  f.full = true;
  const bool plain = c.argc() == 4 && c.is(3, "full");
  const bool counted = c.argc() == 6 && c.is(3, "full") && c.is(4, "count");
  if (!plain && !counted) {
    subcommand_syntax_error(c);
    return std::nullopt;
  }
  if (plain) return f;
  const auto n = c.integer(5);
  if (!n) return std::nullopt;
  if (*n >= 0) f.count = static_cast<std::size_t>(*n);
  return f;
}

void info_stream(Call& c, const Stream& s) {
  const auto f = parse_fullness(c);
  if (!f) return;
  c.reply.map(f->full ? 9 : 10);
  integer(c, "length", s.size());
  integer(c, "radix-tree-keys", s.blocks().size());
  integer(c, "radix-tree-nodes", s.radix_nodes());
  id(c, "last-generated-id", s.last_id);
  id(c, "max-deleted-entry-id", s.max_deleted_id);
  integer(c, "entries-added", s.entries_added);
  id(c, "recorded-first-entry-id", s.first_id);
  if (!f->full) {
    integer(c, "groups", s.groups().size());
    entry(c, "first-entry", StreamCursor(s));
    return entry(c, "last-entry",
                 StreamCursor(s, {}, StreamId::highest(), StreamCursor::Direction::backwards));
  }
  c.reply.bulk("entries");
  const std::size_t mark = c.reply.mark();
  c.reply.wrap_array(mark, reply_entries(c.reply, StreamCursor(s), f->count));
  c.reply.bulk("groups");
  c.reply.array(s.groups().size());
  const std::size_t count = f->count ? f->count : SIZE_MAX;
  for (const auto& [name, group] : s.groups()) group_in_full(c, s, name, group, count);
}

void info_groups(Call& c, const Stream& s) {
  c.reply.array(s.groups().size());
  for (const auto& [name, group] : s.groups()) {
    c.reply.map(6);
    c.reply.bulk("name");
    c.reply.bulk(name);
    integer(c, "consumers", group.consumers().size());
    integer(c, "pending", group.pending().size());
    id(c, "last-delivered-id", group.last_id);
    optional_integer(c, "entries-read", entries_read(group));
    optional_integer(c, "lag", s.lag_of(group));
  }
}

void info_consumers(Call& c, Stream& s) {
  const StreamGroup* group = s.group(c.arg(3));
  if (!group)
    return c.error("NOGROUP No such consumer group '" + std::string(c.arg(3)) + "' for key name '" +
                   std::string(c.arg(2)) + "'");
  const std::int64_t now = clock_ms(c);
  c.reply.array(group->consumers().size());
  for (const auto& [name, state] : group->consumers()) {
    c.reply.map(3);
    c.reply.bulk("name");
    c.reply.bulk(name);
    integer(c, "pending", state.pending.size());
    integer(c, "idle", static_cast<std::uint64_t>(std::max<std::int64_t>(0, now - state.seen_ms)));
  }
}

}  // namespace

void command_xinfo(Call& c) {
  if (c.command.name == "xinfo|help") return help(c);
  if (c.argc() < 3) return subcommand_syntax_error(c);
  bool ok = true;
  Stream* s = c.value<Stream>(c.arg(2), ok, false);
  if (!ok) return;
  if (!s) return c.error(error::no_such_key);
  if (c.is(1, "consumers")) return info_consumers(c, *s);
  if (c.is(1, "groups")) return info_groups(c, *s);
  if (c.is(1, "stream")) return info_stream(c, *s);
  subcommand_syntax_error(c);
}

}  // namespace node
