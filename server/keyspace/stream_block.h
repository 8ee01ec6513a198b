/// The inside of a stream's block: where its own fields and its entries stand. See stream.h for the layout.
#pragma once

#include <cstdint>
#include <optional>

#include "server/keyspace/listpack.h"
#include "server/keyspace/stream_id.h"

namespace node::stream_block {

inline constexpr std::int64_t kDeleted = 1, kSameFields = 2;
/// Redis keeps no block that is larger.
inline constexpr std::size_t kMaxBytes = std::size_t{1} << 30;

inline std::int64_t integer_at(const Listpack& block, Listpack::Position at) {
  return block.get(at).integer;
}

struct Head {
  explicit Head(const Listpack& block);
  std::int64_t live, deleted, fields;
  Listpack::Position live_at, names;
  Listpack::Position entries;  ///< the first entry's flags; kEnd when there is none
};

struct EntryHead {
  EntryHead(const Listpack& block, const StreamId& block_id, Listpack::Position at);
  std::int64_t flags;
  StreamId id;
  std::int64_t fields = 0;  ///< where they are not the block's own
  Listpack::Position words;
  bool deleted() const { return flags & kDeleted; }
  bool same_fields() const { return flags & kSameFields; }
};

/// The flags of the entry behind this one, or kEnd.
Listpack::Position after_entry(const Listpack& block, const Head& head, const EntryHead& entry);
/// The entry before the one at `at`, or kEnd.
Listpack::Position entry_before(const Listpack& block, Listpack::Position at);
Listpack::Position last_entry(const Listpack& block);
/// The id of the last entry, deleted or not.
StreamId last_in(const Listpack& block, const StreamId& block_id);

/// Changes no length: positions stay valid.
void mark_deleted(Listpack& block, Listpack::Position at);
/// Moves `n` from the living to the deleted; positions may become invalid.
void count_deleted(Listpack& block, const Head& head, std::int64_t n);

/// How many live entries a foreign block has; nothing when it is no block of a stream.
std::optional<std::int64_t> checked_live_entries(const Listpack& block);

}  // namespace node::stream_block
