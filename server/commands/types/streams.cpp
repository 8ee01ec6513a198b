/// Streams: entries are added, read by range, removed.
#include "server/commands/types/streams.h"

#include <algorithm>

#include "server/commands/types/handlers.h"
#include "server/engine/values.h"
#include "server/keyspace/limits.h"
#include "server/keyspace/stream_block.h"

namespace node {

namespace {

constexpr const char* kTooLarge = "ERR Elements are too large to be stored";

/// What XADD and XTRIM have in common.
struct AddOrTrim {
  StreamTrim trim;
  std::size_t bound_at = 0;    ///< the word with the length or the id
  bool make = true;            ///< XADD: the stream, when there is none
  std::optional<StreamId> id;  ///< XADD: as given; nothing for "*"
  bool any_seq = false;        ///< XADD: of "ms-*"
  std::size_t id_at = 0;       ///< XADD
  std::optional<std::int64_t> limit;
};

/// MAXLEN|MINID [=|~] bound, at `i`, which is left on the bound.
bool parse_bound(Call& c, std::size_t& i, AddOrTrim& o) {
  const bool by_length = c.is(i, "maxlen");
  if (o.trim.by != StreamTrim::By::none) {
    c.error("ERR syntax error, MAXLEN and MINID options at the same time are not compatible");
    return false;
  }
  o.trim.whole_blocks = false;
  if (i + 2 < c.argc() && (c.arg(i + 1) == "~" || c.arg(i + 1) == "="))
    o.trim.whole_blocks = c.arg(++i) == "~";
  ++i;
  o.bound_at = i;
  if (by_length) {
    const auto n = c.integer(i);
    if (!n) return false;
    if (*n < 0) {
      c.error("ERR The MAXLEN argument must be >= 0.");
      return false;
    }
    o.trim.by = StreamTrim::By::length;
    o.trim.length = static_cast<std::uint64_t>(*n);
    return true;
  }
  const auto id = stream_id(c, i);
  if (!id) return false;
  o.trim.by = StreamTrim::By::id;
  o.trim.id = *id;
  return true;
}

bool parse_limit(Call& c, std::size_t i, AddOrTrim& o) {
  const auto n = c.integer(i);
  if (!n) return false;
  if (*n < 0) {
    c.error("ERR The LIMIT argument must be >= 0.");
    return false;
  }
  o.limit = *n;
  return true;
}

bool parse_new_id(Call& c, std::size_t i, AddOrTrim& o) {
  const std::string_view text = c.arg(i);
  if (text != "-" && text != "+") o.id = StreamId::parse(text, 0, o.any_seq);
  if (!o.id) c.error("ERR Invalid stream ID specified as stream command argument");
  return o.id.has_value();
}

/// How much one approximate trim may remove: a hundred blocks, within bounds.
std::uint64_t default_limit() {
  constexpr std::uint64_t kUnbounded = 10000, kMost = 1000000;
  const std::uint64_t entries = encoding_limits.stream_entries;
  if (entries == 0) return kUnbounded;
  return entries > kMost / 100 ? kMost : entries * 100;
}

bool check_trim(Call& c, AddOrTrim& o, bool adding) {
  const bool trims = o.trim.by != StreamTrim::By::none;
  auto refuse = [&](const char* text) {
    c.error(text);
    return false;
  };
  if (o.limit.value_or(0) && !trims)
    return refuse("ERR syntax error, LIMIT cannot be used without specifying a trimming strategy");
  if (!adding && !trims) return refuse("ERR syntax error, XTRIM must be called with a trimming strategy");
  // What the master or the append-only file says was trimmed has been trimmed.
  if (c.client.kind == Session::Kind::master || c.client.kind == Session::Kind::loader) return true;
  if (o.limit && !o.trim.whole_blocks)
    return refuse("ERR syntax error, LIMIT cannot be used without the special ~ option");
  if (o.trim.whole_blocks) o.trim.limit = o.limit ? static_cast<std::uint64_t>(*o.limit) : default_limit();
  return true;
}

std::optional<AddOrTrim> parse(Call& c, bool adding) {
  AddOrTrim o;
  std::size_t i = 2;
  for (; i < c.argc(); ++i) {
    const bool more = i + 1 < c.argc();
    if (adding && c.arg(i) == "*") break;
    if (more && (c.is(i, "maxlen") || c.is(i, "minid"))) {
      if (!parse_bound(c, i, o)) return std::nullopt;
    } else if (more && c.is(i, "limit")) {
      if (!parse_limit(c, ++i, o)) return std::nullopt;
    } else if (adding && c.is(i, "nomkstream")) {
      o.make = false;
    } else if (adding) {
      if (!parse_new_id(c, i, o)) return std::nullopt;
      break;
    } else {
      c.syntax_error();
      return std::nullopt;
    }
  }
  o.id_at = i;
  if (!check_trim(c, o, adding)) return std::nullopt;
  return o;
}

/// What an approximate trim did, as an exact one.
void make_exact(std::vector<std::string_view>& words, const Stream& s, const AddOrTrim& o,
                std::string& bound) {
  bound = o.trim.by == StreamTrim::By::length ? std::to_string(s.size()) : s.first_kept().text();
  words[o.bound_at - 1] = "=";
  words[o.bound_at] = bound;
}

/// The id that the new entry gets; nothing when the stream is past it.
std::optional<StreamId> new_id(const AddOrTrim& o, const StreamId& last, std::int64_t now_ms) {
  if (!o.id) {
    const StreamId now{static_cast<std::uint64_t>(now_ms), 0};
    return now.ms > last.ms ? now : last.next();
  }
  if (o.any_seq && o.id->ms == last.ms)
    return last.seq == UINT64_MAX ? std::nullopt : std::optional(StreamId{last.ms, last.seq + 1});
  return *o.id > last ? o.id : std::nullopt;
}

void range(Call& c, bool reverse) {
  const auto bounds = reverse ? stream_range(c, 3, 2) : stream_range(c, 2, 3);
  if (!bounds) return;
  std::optional<std::int64_t> count;
  for (std::size_t i = 4; i < c.argc(); ++i) {
    if (!c.is(i, "count") || i + 1 >= c.argc()) return c.syntax_error();
    if (!(count = c.integer(++i))) return;
    count = std::max<std::int64_t>(0, *count);
  }
  bool ok = true;
  const Stream* s = c.value<Stream>(c.arg(1), ok, false);
  if (!ok) return;
  if (!s) return c.reply.array(0);
  if (count && *count == 0) return c.reply.null_array();
  using Direction = StreamCursor::Direction;
  const std::size_t mark = c.reply.mark();
  const std::size_t n = reply_entries(
      c.reply,
      StreamCursor(*s, bounds->from, bounds->to, reverse ? Direction::backwards : Direction::forwards),
      static_cast<std::size_t>(count.value_or(0)));
  c.reply.wrap_array(mark, n);
}

}  // namespace

void command_xadd(Call& c) {
  const auto o = parse(c, true);
  if (!o) return;
  const std::size_t words_at = o->id_at + 1;
  if (c.argc() < words_at + 2 || (c.argc() - words_at) % 2) return c.wrong_arity();
  if (o->id && !o->any_seq && o->id->zero())
    return c.error("ERR The ID specified in XADD must be greater than 0-0");
  const std::string_view key = c.arg(1);
  bool ok = true;
  Stream* s = c.value<Stream>(key, ok, true);
  if (!ok) return;
  if (!s && !o->make) return c.reply.null();
  const StreamId last = s ? s->last_id : StreamId{};
  if (last == StreamId::highest())
    return c.error("ERR The stream has exhausted the last possible ID, unable to add more items");
  const auto id = new_id(*o, last, clock_ms(c));
  if (!id) {
    // Redis says so of a millisecond whose sequence numbers are used up.
    const bool used_up = o->any_seq && o->id->ms == last.ms;
    return c.error(used_up
                       ? kTooLarge
                       : "ERR The ID specified in XADD is equal or smaller than the target stream top item");
  }
  const Stream::Fields fields(c.argv.begin() + static_cast<std::ptrdiff_t>(words_at), c.argv.end());
  std::size_t bytes = 0;
  for (std::string_view word : fields) bytes += word.size();
  if (bytes > stream_block::kMaxBytes) return c.error(kTooLarge);

  if (!s) s = value_or_new<Stream>(c, key);
  s->append(*id, fields);
  const std::string id_text = id->text();
  c.reply.bulk(id_text);
  c.changed(key);
  c.event('t', "xadd", key);
  if (s->trim(o->trim)) c.event('t', "xtrim", key);
  if (o->id && !o->any_seq && !o->trim.whole_blocks) return;
  if (!c.engine.ports.changes.propagating()) return;
  std::vector<std::string_view> words(c.argv);
  std::string bound;
  words[o->id_at] = id_text;
  if (o->trim.whole_blocks) make_exact(words, *s, *o, bound);
  c.propagate_as(words);
}

void command_xlen(Call& c) {
  bool ok = true;
  const Stream* s = c.value<Stream>(c.arg(1), ok, false);
  if (ok) c.reply.integer(s ? static_cast<std::int64_t>(s->size()) : 0);
}

void command_xrange(Call& c) {
  range(c, false);
}

void command_xrevrange(Call& c) {
  range(c, true);
}

void command_xdel(Call& c) {
  bool ok = true;
  Stream* s = c.value<Stream>(c.arg(1), ok, true);
  if (!ok) return;
  if (!s) return c.reply.integer(0);
  std::vector<StreamId> ids;
  for (std::size_t i = 2; i < c.argc(); ++i) {
    const auto id = stream_id(c, i);
    if (!id) return;
    ids.push_back(*id);
  }
  std::uint64_t gone = 0;
  for (const StreamId& id : ids) gone += s->erase(id);
  if (gone) {
    c.changed(c.arg(1), gone);
    c.event('t', "xdel", c.arg(1));
  }
  c.reply.integer(static_cast<std::int64_t>(gone));
}

void command_xtrim(Call& c) {
  const auto o = parse(c, false);
  if (!o) return;
  bool ok = true;
  Stream* s = c.value<Stream>(c.arg(1), ok, true);
  if (!ok) return;
  const std::uint64_t gone = s ? s->trim(o->trim) : 0;
  if (gone) {
    c.event('t', "xtrim", c.arg(1));
    if (o->trim.whole_blocks) {
      std::vector<std::string_view> words(c.argv);
      std::string bound;
      make_exact(words, *s, *o, bound);
      c.propagate_as(words);
    }
    c.changed(c.arg(1), gone);
  }
  c.reply.integer(static_cast<std::int64_t>(gone));
}

void command_xsetid(Call& c) {
  const auto id = stream_id(c, 2);
  if (!id) return;
  std::optional<std::int64_t> added;
  StreamId deleted;
  for (std::size_t i = 3; i < c.argc(); i += 2) {
    if (i + 1 < c.argc() && c.is(i, "entriesadded")) {
      if (!(added = c.integer(i + 1))) return;
      if (*added < 0) return c.error("ERR entries_added must be positive");
    } else if (i + 1 < c.argc() && c.is(i, "maxdeletedid")) {
      const auto given = stream_id(c, i + 1);
      if (!given) return;
      if (*id < *given)
        return c.error("ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id");
      deleted = *given;
    } else {
      return c.syntax_error();
    }
  }
  bool ok = true;
  Stream* s = c.value<Stream>(c.arg(1), ok, true);
  if (!ok) return;
  if (!s) return c.error(error::no_such_key);
  if (s->size() > 0) {
    if (*id < s->last_entry())
      return c.error("ERR The ID specified in XSETID is smaller than the target stream top item");
    if (added && s->size() > static_cast<std::uint64_t>(*added))
      return c.error("ERR The entries_added specified in XSETID is smaller than the target stream length");
  }
  s->last_id = *id;
  if (added) s->entries_added = static_cast<std::uint64_t>(*added);
  if (!deleted.zero()) s->max_deleted_id = deleted;
  ++c.engine.state.dirty;
  c.event('t', "xsetid", c.arg(1));
  c.reply.ok();
}

}  // namespace node
