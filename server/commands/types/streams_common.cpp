#include <algorithm>
#include <cctype>

#include "server/commands/types/streams.h"
#include "server/engine/values.h"

namespace node {

namespace {

std::nullopt_t invalid_id(Call& c) {
  c.error("ERR Invalid stream ID specified as stream command argument");
  return std::nullopt;
}

bool is_end(std::string_view text) {
  return text == "-" || text == "+";
}

/// One end of a range: `open` says whether it is excluded.
std::optional<StreamId> range_bound(Call& c, std::size_t at, std::uint64_t missing_seq, bool& open) {
  std::string_view text = c.arg(at);
  open = text.size() > 1 && text[0] == '(';
  if (!open) return stream_id_or_end(c, text, missing_seq);
  text.remove_prefix(1);
  const auto id = is_end(text) ? std::nullopt : StreamId::parse(text, missing_seq);
  return id ? id : invalid_id(c);
}

}  // namespace

std::optional<StreamId> stream_id(Call& c, std::size_t at) {
  const auto id = is_end(c.arg(at)) ? std::nullopt : StreamId::parse(c.arg(at), 0);
  return id ? id : invalid_id(c);
}

std::optional<StreamId> stream_id_or_end(Call& c, std::string_view text, std::uint64_t missing_seq) {
  if (text == "-") return StreamId{};
  if (text == "+") return StreamId::highest();
  const auto id = StreamId::parse(text, missing_seq);
  return id ? id : invalid_id(c);
}

std::optional<StreamId> range_start(Call& c, std::size_t at) {
  bool open = false;
  const auto id = range_bound(c, at, 0, open);
  if (!id || !open) return id;
  const auto inside = id->next();
  if (!inside) c.error("ERR invalid start ID for the interval");
  return inside;
}

std::optional<StreamId> range_end(Call& c, std::size_t at) {
  bool open = false;
  const auto id = range_bound(c, at, UINT64_MAX, open);
  if (!id || !open) return id;
  const auto inside = id->previous();
  if (!inside) c.error("ERR invalid end ID for the interval");
  return inside;
}

std::optional<StreamRange> stream_range(Call& c, std::size_t from_at, std::size_t to_at) {
  const auto from = range_start(c, from_at);
  if (!from) return std::nullopt;
  const auto to = range_end(c, to_at);
  if (!to) return std::nullopt;
  return StreamRange{*from, *to};
}

std::int64_t clock_ms(const Call& c) {
  return c.engine.ports.clock.now_us() / 1000;
}

void reply_entry(Writer& reply, const StreamCursor& cursor) {
  reply.array(2);
  reply.bulk(cursor.id().text());
  reply.array(cursor.fields() * 2);
  cursor.for_fields([&](std::string_view field, std::string_view value) {
    reply.bulk(field);
    reply.bulk(value);
  });
}

std::size_t reply_entries(Writer& reply, StreamCursor cursor, std::size_t count) {
  std::size_t n = 0;
  while ((count == 0 || n < count) && cursor.next()) {
    reply_entry(reply, cursor);
    ++n;
  }
  return n;
}

void reply_entry_of(Writer& reply, const Stream& stream, const StreamId& id) {
  reply_entries(reply, StreamCursor(stream, id, id), 1);
}

GroupPlace group_place(Call& c, bool& ok) {
  GroupPlace place{c.value<Stream>(c.arg(1), ok, false), nullptr};
  if (place.stream) place.group = place.stream->group(c.arg(2));
  return place;
}

void no_such_group(Call& c, std::string_view key, std::string_view group, std::string_view suffix) {
  c.error("NOGROUP No such key '" + std::string(key) + "' or consumer group '" + std::string(group) + "'" +
          std::string(suffix));
}

void subcommand_syntax_error(Call& c) {
  std::string container(c.arg(0));
  std::transform(container.begin(), container.end(), container.begin(),
                 [](unsigned char ch) { return static_cast<char>(std::toupper(ch)); });
  c.error("ERR unknown subcommand or wrong number of arguments for '" + std::string(c.arg(1).substr(0, 128)) +
          "'. Try " + container + " HELP.");
}

FoundConsumer consumer_or_new(Call& c, std::string_view key, StreamGroup& group, std::string_view name) {
  const std::int64_t now = clock_ms(c);
  if (StreamConsumer* known = group.consumer(name)) {
    known->second.seen_ms = now;
    return {*known, false};
  }
  ++c.engine.state.dirty;
  c.event('t', "xgroup-createconsumer", key);
  return {group.add_consumer(name, now), true};
}

void propagate_claim(Call& c, std::string_view key, std::string_view group_name, const StreamGroup& group,
                     std::string_view id, const StreamPending& pending) {
  if (!c.engine.ports.changes.propagating()) return;
  c.propagate_as({"XCLAIM", key, group_name, pending.consumer->first, "0", id, "TIME",
                  std::to_string(pending.delivered_ms), "RETRYCOUNT", std::to_string(pending.deliveries),
                  "FORCE", "JUSTID", "LASTID", group.last_id.text()});
}

void propagate_group_position(Call& c, std::string_view key, std::string_view group_name,
                              const StreamGroup& group) {
  if (!c.engine.ports.changes.propagating()) return;
  c.propagate_as({"XGROUP", "SETID", key, group_name, group.last_id.text(), "ENTRIESREAD",
                  std::to_string(group.entries_read)});
}

}  // namespace node
