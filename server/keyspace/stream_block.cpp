#include "server/keyspace/stream_block.h"

namespace node::stream_block {

Head::Head(const Listpack& block) {
  live_at = block.first();
  live = integer_at(block, live_at);
  Listpack::Position at = block.next(live_at);
  deleted = integer_at(block, at);
  at = block.next(at);
  fields = integer_at(block, at);
  names = at = block.next(at);
  for (std::int64_t i = 0; i < fields; ++i) at = block.next(at);
  entries = block.next(at);  // behind the zero
}

EntryHead::EntryHead(const Listpack& block, const StreamId& block_id, Listpack::Position at) {
  flags = integer_at(block, at);
  at = block.next(at);
  id.ms = block_id.ms + static_cast<std::uint64_t>(integer_at(block, at));
  at = block.next(at);
  id.seq = block_id.seq + static_cast<std::uint64_t>(integer_at(block, at));
  words = block.next(at);
  if (same_fields()) return;
  fields = integer_at(block, words);
  words = block.next(words);
}

Listpack::Position after_entry(const Listpack& block, const Head& head, const EntryHead& entry) {
  Listpack::Position at = entry.words;
  for (std::int64_t i = entry.same_fields() ? head.fields : 2 * entry.fields; i > 0; --i) at = block.next(at);
  return block.next(at);
}

namespace {
/// From an entry's count of elements back to its flags; kEnd from the zero behind the block's own fields.
Listpack::Position entry_of_count(const Listpack& block, Listpack::Position at) {
  std::int64_t elements = integer_at(block, at);
  if (elements == 0) return Listpack::kEnd;
  for (; elements > 0; --elements) at = block.previous(at);
  return at;
}
}  // namespace

Listpack::Position entry_before(const Listpack& block, Listpack::Position at) {
  return entry_of_count(block, block.previous(at));
}

Listpack::Position last_entry(const Listpack& block) {
  return entry_of_count(block, block.last());
}

StreamId last_in(const Listpack& block, const StreamId& block_id) {
  const Listpack::Position at = last_entry(block);
  return at ? EntryHead(block, block_id, at).id : StreamId{};
}

void mark_deleted(Listpack& block, Listpack::Position at) {
  block.replace_integer(at, integer_at(block, at) | kDeleted);
}

void count_deleted(Listpack& block, const Head& head, std::int64_t n) {
  block.replace_integer(head.live_at, head.live - n);
  block.replace_integer(block.next(head.live_at), head.deleted + n);
}

namespace {

/// Walks through foreign elements; whatever is missing or no number makes it fail.
class Walk {
 public:
  explicit Walk(const Listpack& block) : block_(block), at_(block.first()) {}
  std::int64_t integer() {
    if (!at_ || block_.get(at_).text) return fail();
    const std::int64_t n = integer_at(block_, at_);
    at_ = block_.next(at_);
    return n;
  }
  /// Elements of any kind.
  void skip(std::int64_t n) {
    if (n < 0) fail();
    for (; n > 0 && ok_; --n) at_ ? static_cast<void>(at_ = block_.next(at_)) : static_cast<void>(fail());
  }
  std::int64_t fail() {
    ok_ = false;
    return 0;
  }
  bool ok() const { return ok_; }
  bool at_end() const { return ok_ && !at_; }

 private:
  const Listpack& block_;
  Listpack::Position at_;
  bool ok_ = true;
};

}  // namespace

std::optional<std::int64_t> checked_live_entries(const Listpack& block) {
  Walk walk(block);
  const std::int64_t live = walk.integer(), deleted = walk.integer(), fields = walk.integer();
  walk.skip(fields);
  if (walk.integer() != 0) walk.fail();
  std::int64_t seen_live = 0, seen_deleted = 0;
  while (walk.ok() && !walk.at_end()) {
    const std::int64_t flags = walk.integer();
    walk.integer();
    walk.integer();
    std::int64_t elements = 3 + fields;
    if (flags & kSameFields) {
      walk.skip(fields);
    } else {
      const std::int64_t own = walk.integer();
      if (own < 0 || own > INT32_MAX) return std::nullopt;
      walk.skip(2 * own);
      elements = 4 + 2 * own;
    }
    if (flags & ~(kDeleted | kSameFields)) walk.fail();
    if (walk.integer() != elements) walk.fail();
    ++(flags & kDeleted ? seen_deleted : seen_live);
  }
  if (!walk.ok() || live != seen_live || deleted != seen_deleted) return std::nullopt;
  return live;
}

}  // namespace node::stream_block
