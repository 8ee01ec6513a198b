/// XREAD and XREADGROUP: what is new in several streams, at once or as soon as there is something.
#include <algorithm>

#include "server/commands/types/handlers.h"
#include "server/commands/types/streams.h"
#include "server/engine/values.h"

namespace node {

namespace {

/// How many entries a client that waited gets at most, unless it says.
constexpr std::size_t kCountAfterWaiting = 1000;

struct Read {
  bool in_group = false;  ///< XREADGROUP
  bool waits = false;
  std::int64_t deadline_ms = 0;  ///< 0: for ever
  std::size_t count = 0;         ///< of each stream; 0: all
  std::string_view group, consumer;
  bool has_group = false;
  bool acknowledged = false;  ///< NOACK: nothing becomes pending
  std::size_t keys_at = 0, streams = 0;

  std::size_t id_at(std::size_t i) const { return keys_at + streams + i; }
};

bool parse_wait(Call& c, std::size_t at, Read& r) {
  if (c.client.kind == Session::Kind::script) {
    c.error("ERR " + std::string(c.arg(0)) + " command is not allowed with BLOCK option from scripts");
    return false;
  }
  const auto ms = c.integer(at, "ERR timeout is not an integer or out of range");
  if (!ms) return false;
  if (*ms < 0) {
    c.error(error::timeout_negative);
    return false;
  }
  r.waits = true;
  // What lies beyond the end of time is over at once, as with redis.
  if (*ms && __builtin_add_overflow(*ms, clock_ms(c), &r.deadline_ms)) r.deadline_ms = 1;
  return true;
}

bool parse_streams(Call& c, std::size_t at, Read& r) {
  r.keys_at = at;
  if ((c.argc() - at) % 2) {
    c.error("ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.");
    return false;
  }
  r.streams = (c.argc() - at) / 2;
  return true;
}

bool only_in_group(Call& c, const Read& r, const char* option) {
  if (!r.in_group)
    c.error("ERR The " + std::string(option) +
            " option is only supported by XREADGROUP. You called XREAD instead.");
  return r.in_group;
}

std::optional<Read> parse(Call& c) {
  Read r;
  r.in_group = c.command.name == "xreadgroup";
  for (std::size_t i = 1; i < c.argc() && !r.keys_at; ++i) {
    const std::size_t more = c.argc() - i - 1;
    if (more && c.is(i, "block")) {
      if (!parse_wait(c, ++i, r)) return std::nullopt;
    } else if (more && c.is(i, "count")) {
      const auto n = c.integer(++i);
      if (!n) return std::nullopt;
      r.count = static_cast<std::size_t>(std::max<std::int64_t>(0, *n));
    } else if (more && c.is(i, "streams")) {
      if (!parse_streams(c, i + 1, r)) return std::nullopt;
    } else if (more >= 2 && c.is(i, "group")) {
      if (!only_in_group(c, r, "GROUP")) return std::nullopt;
      r.group = c.arg(i + 1);
      r.consumer = c.arg(i + 2);
      r.has_group = true;
      i += 2;
    } else if (c.is(i, "noack")) {
      if (!only_in_group(c, r, "NOACK")) return std::nullopt;
      r.acknowledged = true;
    } else {
      c.syntax_error();
      return std::nullopt;
    }
  }
  if (!r.keys_at) {
    c.syntax_error();
    return std::nullopt;
  }
  if (r.in_group && !r.has_group) {
    c.error("ERR Missing GROUP option for XREADGROUP");
    return std::nullopt;
  }
  return r;
}

/// One stream that is read.
struct Source {
  std::string_view key;
  Stream* stream = nullptr;
  StreamGroup* group = nullptr;
  StreamId after;
  bool news = false;  ///< ">"
};

/// The i-th stream; nothing after an answer.
std::optional<Source> source_of(Call& c, const Read& r, std::size_t i) {
  Source source{c.arg(r.keys_at + i), nullptr, nullptr, {}, false};
  bool ok = true;
  source.stream = c.value<Stream>(source.key, ok, false);
  if (!ok) return std::nullopt;
  if (r.in_group) {
    source.group = source.stream ? source.stream->group(r.group) : nullptr;
    if (!source.group) {
      no_such_group(c, source.key, r.group, " in XREADGROUP with GROUP option");
      return std::nullopt;
    }
  }
  const std::string_view id = c.arg(r.id_at(i));
  if (id == "$") {
    if (r.in_group) {
      c.error(
          "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this "
          "consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just "
          "return an empty result set.");
      return std::nullopt;
    }
    if (source.stream) source.after = source.stream->last_id;
    return source;
  }
  if (id == ">") {
    if (!r.in_group) {
      c.error(
          "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> "
          "option.");
      return std::nullopt;
    }
    source.news = true;
    return source;
  }
  const auto after = stream_id(c, r.id_at(i));
  if (!after) return std::nullopt;
  source.after = *after;
  // The highest id is how redis knows ">".
  source.news = r.in_group && *after == StreamId::highest();
  return source;
}

/// Entries that nobody of the group has read, which become the consumer's.
std::size_t deliver(Call& c, const Read& r, const Source& source, StreamConsumer& consumer,
                    StreamCursor cursor, std::size_t count) {
  StreamGroup& group = *source.group;
  bool moved = false;
  std::size_t n = 0;
  while ((count == 0 || n < count) && cursor.next()) {
    if (cursor.id() > group.last_id) {
      source.stream->advance(group, cursor.id());
      moved = true;
    }
    reply_entry(c.reply, cursor);
    ++n;
    if (r.acknowledged) continue;
    const StreamPending& pending = group.deliver(cursor.id(), consumer, clock_ms(c), 1);
    if (c.engine.ports.changes.propagating())
      propagate_claim(c, source.key, r.group, group, cursor.id().text(), pending);
  }
  // The claims tell the position, but not how many entries were read up to it (redis#12898).
  if (moved) propagate_group_position(c, source.key, r.group, group);
  return n;
}

/// What the consumer has got before and not acknowledged; of an entry that is gone, the id alone.
std::size_t replay(Call& c, const Read& r, const Source& source, StreamConsumer& consumer,
                   std::optional<StreamId> from) {
  std::size_t n = 0;
  while (from && (r.count == 0 || n < r.count)) {
    const StreamId* id = consumer.second.pending.at_or_after(*from);
    if (!id) break;
    StreamCursor cursor(*source.stream, *id, *id);
    if (cursor.next()) {
      reply_entry(c.reply, cursor);
      StreamPending* pending = source.group->find(*id);
      pending->delivered_ms = clock_ms(c);
      ++pending->deliveries;
    } else {
      c.reply.array(2);
      c.reply.bulk(id->text());
      c.reply.null_array();
    }
    ++n;
    from = id->next();
  }
  return n;
}

/// Key and entries of one stream; `after`: what the reader has seen.
void serve(Call& c, const Read& r, const Source& source, const StreamId& after, std::size_t count) {
  if (c.reply.resp() == 2) c.reply.array(2);
  c.reply.bulk(source.key);
  StreamConsumer* consumer = nullptr;
  bool made = false;
  if (source.group) {
    const FoundConsumer found = consumer_or_new(c, source.key, *source.group, r.consumer);
    consumer = &found.consumer;
    made = found.made;
    ++c.engine.state.dirty;
    c.engine.tell_watchers(c.db(), source.key);  // its groups are part of it (valkey#3429)
  }
  const auto from = after.next();
  const std::size_t mark = c.reply.mark();
  std::size_t n = 0;
  if (source.group && !source.news) {
    n = replay(c, r, source, *consumer, from);
  } else if (from) {
    const StreamCursor cursor(*source.stream, *from);
    n = source.group ? deliver(c, r, source, *consumer, cursor, count)
                     : reply_entries(c.reply, cursor, count);
  }
  // A claim makes the consumer elsewhere too; without claims it must be told (redis#14963).
  const bool claimed = source.news && n > 0 && !r.acknowledged;
  if (made && !claimed) c.propagate_as({"XGROUP", "CREATECONSUMER", source.key, r.group, r.consumer});
  c.reply.wrap_array(mark, n);
}

void wrap_streams(Call& c, std::size_t mark, std::size_t n) {
  c.reply.resp() == 2 ? c.reply.wrap_array(mark, n) : c.reply.wrap_map(mark, n);
}

/// A client that waited: the key came to life, and this stream alone is served.
void serve_waiting(Call& c, const Read& r) {
  std::size_t i = 0;
  while (i < r.streams && c.arg(r.keys_at + i) != c.ready_key) ++i;
  Entry* e = c.db().lookup(c.ready_key);
  Source source{c.ready_key, std::get<std::unique_ptr<Stream>>(e->value).get(), nullptr, {}, r.in_group};
  if (r.in_group) {
    source.group = source.stream->group(r.group);
    if (!source.group)
      return c.error("NOGROUP the consumer group this client was blocked on no longer exists");
    source.after = source.group->last_id;
  } else {
    source.after = *StreamId::parse(c.arg(r.id_at(i)), 0);
  }
  if (source.stream->last_id <= source.after) {
    c.still_blocked = true;
    return;
  }
  const std::size_t mark = c.reply.mark();
  serve(c, r, source, source.after, r.count ? r.count : kCountAfterWaiting);
  wrap_streams(c, mark, 1);
}

void wait(Call& c, const Read& r, const std::vector<Source>& sources) {
  std::vector<std::string> keys;
  for (const Source& source : sources) keys.emplace_back(source.key);
  c.block(std::move(keys), Type::stream, r.deadline_ms, true);
  if (!c.client.blocked) return;
  c.client.blocked->needs_stream = r.in_group;
  // "$" means the last id that the stream had when the wait began, not when it is served.
  for (std::size_t i = 0; i < r.streams && !r.in_group; ++i)
    c.client.blocked->argv[r.id_at(i)] = sources[i].after.text();
}

}  // namespace

void command_xread(Call& c) {
  const auto r = parse(c);
  if (!r) return;
  if (r->in_group) c.propagate_nothing();  // but what it does to the group
  if (c.retry) return serve_waiting(c, *r);
  std::vector<Source> sources;
  for (std::size_t i = 0; i < r->streams; ++i) {
    const auto source = source_of(c, *r, i);
    if (!source) return;
    sources.push_back(*source);
  }
  const std::size_t mark = c.reply.mark();
  std::size_t served = 0;
  for (const Source& source : sources) {
    if (!source.stream) continue;
    const StreamId& after = source.news ? source.group->last_id : source.after;
    const bool history = source.group && !source.news;
    if (!history && (source.stream->size() == 0 || source.stream->last_entry() <= after)) continue;
    serve(c, *r, source, StreamId(after), r->count);
    ++served;
  }
  if (served) return wrap_streams(c, mark, served);
  r->waits ? wait(c, *r, sources) : c.reply.null_array();
}

}  // namespace node
