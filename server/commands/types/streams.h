/// What the commands of streams share: ids as arguments, entries as replies, and how changes of groups travel
/// to replicas and into the append-only file.
#pragma once

#include "server/engine/call.h"
#include "server/engine/engine.h"
#include "server/keyspace/stream.h"

namespace node {

/// "ms-seq" or "ms"; answers when it is neither.
std::optional<StreamId> stream_id(Call& c, std::size_t at);
/// Likewise, "-" and "+" too.
std::optional<StreamId> stream_id_or_end(Call& c, std::string_view text, std::uint64_t missing_seq);

/// Both ends of a range as XRANGE has it: "(" excludes, a bare "ms" is the whole millisecond.
struct StreamRange {
  StreamId from, to;
};
std::optional<StreamId> range_start(Call& c, std::size_t at);
std::optional<StreamId> range_end(Call& c, std::size_t at);
std::optional<StreamRange> stream_range(Call& c, std::size_t from_at, std::size_t to_at);

/// The clock of delivery and of generated ids: not that of the turn, since a client may wait within one.
std::int64_t clock_ms(const Call& c);

/// The current entry: its id, its fields and values.
void reply_entry(Writer& reply, const StreamCursor& cursor);
/// Up to `count` entries (0: all) without a header; returns how many.
std::size_t reply_entries(Writer& reply, StreamCursor cursor, std::size_t count);
void reply_entry_of(Writer& reply, const Stream& stream, const StreamId& id);

/// What a command names by its first two words. `ok` turns false when the key is of another type, which is
/// answered.
struct GroupPlace {
  Stream* stream = nullptr;
  StreamGroup* group = nullptr;
};
GroupPlace group_place(Call& c, bool& ok);

/// "NOGROUP No such key … or consumer group …".
void no_such_group(Call& c, std::string_view key, std::string_view group, std::string_view suffix = {});
void subcommand_syntax_error(Call& c);

/// The consumer, seen just now; made when there is none, which is told.
struct FoundConsumer {
  StreamConsumer& consumer;
  bool made;
};
FoundConsumer consumer_or_new(Call& c, std::string_view key, StreamGroup& group, std::string_view name);

/// What an entry's delivery has become, as an XCLAIM that gives the same wherever and however often it runs.
void propagate_claim(Call& c, std::string_view key, std::string_view group_name, const StreamGroup& group,
                     std::string_view id, const StreamPending& pending);
void propagate_group_position(Call& c, std::string_view key, std::string_view group_name,
                              const StreamGroup& group);

}  // namespace node
