#include "server/keyspace/stream.h"

#include <algorithm>
#include <vector>

#include "server/keyspace/limits.h"
#include "server/keyspace/stream_block.h"

namespace node {

using namespace stream_block;

Stream::Stream(const Stream& other)
    : last_id(other.last_id),
      first_id(other.first_id),
      max_deleted_id(other.max_deleted_id),
      entries_added(other.entries_added),
      blocks_(other.blocks_),
      size_(other.size_) {
  if (other.groups_) groups_ = std::make_unique<StreamGroups>(*other.groups_);
}

namespace {

bool is_full(const Listpack& block, std::size_t added) {
  const std::size_t bytes = encoding_limits.stream_bytes == 0
                                ? kMaxBytes
                                : std::min<std::size_t>(encoding_limits.stream_bytes, kMaxBytes);
  if (block.total() + added >= bytes) return true;
  if (encoding_limits.stream_entries == 0) return false;
  const Head head(block);
  return static_cast<std::size_t>(head.live + head.deleted) >= encoding_limits.stream_entries;
}

bool same_names(const Listpack& block, const Head& head, Stream::Fields words) {
  if (static_cast<std::size_t>(head.fields) * 2 != words.size()) return false;
  Listpack::Position at = head.names;
  for (std::size_t i = 0; i < words.size(); i += 2, at = block.next(at))
    if (!block.get(at).equals(words[i])) return false;
  return true;
}

/// A block of no entries yet, whose own fields are those of the words.
Listpack fresh_block(Stream::Fields words) {
  Listpack::Batch head;
  head.add_integer(0);
  head.add_integer(0);
  head.add_integer(static_cast<std::int64_t>(words.size() / 2));
  for (std::size_t i = 0; i < words.size(); i += 2) head.add(words[i]);
  head.add_integer(0);
  Listpack block;
  block.append(head);
  return block;
}

}  // namespace

void Stream::append(StreamId id, Fields words) {
  std::size_t bytes = 0;
  for (std::string_view word : words) bytes += word.size();
  auto it = blocks_.empty() ? blocks_.end() : std::prev(blocks_.end());
  if (it == blocks_.end() || is_full(it->second, bytes)) it = blocks_.emplace(id, fresh_block(words)).first;
  Listpack& block = it->second;
  const Head head(block);
  const bool same = same_names(block, head, words);
  block.replace_integer(head.live_at, head.live + 1);

  const auto pairs = static_cast<std::int64_t>(words.size() / 2);
  Listpack::Batch entry;
  entry.add_integer(same ? kSameFields : 0);
  entry.add_integer(static_cast<std::int64_t>(id.ms - it->first.ms));
  entry.add_integer(static_cast<std::int64_t>(id.seq - it->first.seq));
  if (!same) entry.add_integer(pairs);
  for (std::size_t i = 0; i < words.size(); i += 2) {
    if (!same) entry.add(words[i]);
    entry.add(words[i + 1]);
  }
  entry.add_integer(same ? pairs + 3 : 2 * pairs + 4);
  block.append(entry);

  ++size_;
  ++entries_added;
  last_id = id;
  if (size_ == 1) first_id = id;
}

bool Stream::contains(const StreamId& id) const {
  return StreamCursor(*this, id, id).next();
}

bool Stream::erase(const StreamId& id) {
  if (blocks_.empty()) return false;
  auto it = blocks_.upper_bound(id);
  if (it != blocks_.begin()) --it;
  Listpack& block = it->second;
  const Head head(block);
  Listpack::Position found = Listpack::kEnd;
  for (Listpack::Position at = head.entries; at && !found;) {
    const EntryHead entry(block, it->first, at);
    if (!entry.deleted() && entry.id > id) return false;
    if (!entry.deleted() && entry.id == id) found = at;
    at = after_entry(block, head, entry);
  }
  if (!found) return false;
  if (head.live == 1) {
    blocks_.erase(it);
  } else {
    mark_deleted(block, found);
    count_deleted(block, head, 1);
  }
  --size_;
  max_deleted_id = std::max(max_deleted_id, id);
  if (size_ == 0)
    first_id = {};
  else if (id == first_id)
    first_id = first_live();
  return true;
}

std::uint64_t Stream::trim(const StreamTrim& how) {
  if (how.by == StreamTrim::By::none) return 0;
  std::uint64_t gone = 0;
  std::optional<StreamId> first;
  while (!blocks_.empty()) {
    if (how.by == StreamTrim::By::length && size_ <= how.length) break;
    const auto it = blocks_.begin();
    const auto live = static_cast<std::uint64_t>(Head(it->second).live);
    if (how.limit && gone + live > how.limit) break;
    const bool all = how.by == StreamTrim::By::length ? size_ - live >= how.length
                                                      : last_in(it->second, it->first) < how.id;
    if (!all) {
      if (!how.whole_blocks) gone += trim_within(it->first, it->second, how, first);
      break;
    }
    blocks_.erase(it);
    size_ -= live;
    gone += live;
  }
  if (size_ == 0)
    first_id = {};
  else if (gone)
    first_id = first ? *first : first_live();
  return gone;
}

std::uint64_t Stream::trim_within(const StreamId& id, Listpack& block, const StreamTrim& how,
                                  std::optional<StreamId>& first) {
  const Head head(block);
  std::int64_t gone = 0;
  for (Listpack::Position at = head.entries; at && !first;) {
    const EntryHead entry(block, id, at);
    if (!entry.deleted()) {
      if (how.by == StreamTrim::By::length ? size_ <= how.length : entry.id >= how.id) {
        first = entry.id;
      } else {
        mark_deleted(block, at);
        --size_;
        ++gone;
      }
    }
    at = after_entry(block, head, entry);
  }
  count_deleted(block, head, gone);
  return static_cast<std::uint64_t>(gone);
}

StreamId Stream::first_live() const {
  StreamCursor cursor(*this);
  return cursor.next() ? cursor.id() : StreamId::highest();
}

StreamId Stream::first_kept() const {
  StreamCursor cursor(*this, {}, StreamId::highest(), StreamCursor::Direction::forwards, true);
  return cursor.next() ? cursor.id() : StreamId::highest();
}

StreamId Stream::last_entry() const {
  StreamCursor cursor(*this, {}, StreamId::highest(), StreamCursor::Direction::backwards);
  return cursor.next() ? cursor.id() : StreamId{};
}

// ---- how far groups have read
// -----------------------------------------------------------------------------------

bool Stream::has_gaps_from(const StreamId& from) const {
  return size_ > 0 && !max_deleted_id.zero() && first_id <= max_deleted_id && from <= max_deleted_id;
}

std::optional<std::int64_t> Stream::entries_up_to(const StreamId& id) const {
  const auto added = static_cast<std::int64_t>(entries_added), size = static_cast<std::int64_t>(size_);
  if (added == 0) return 0;
  if (size == 0 && id <= last_id) return added;
  if (!id.zero() && id < max_deleted_id) return std::nullopt;
  if (id == last_id) return added;
  if (id > last_id) return std::nullopt;
  if (max_deleted_id.zero() || max_deleted_id < first_id) {
    if (id < first_id) return added - size;
    if (id == first_id) return added - size + 1;
  }
  return std::nullopt;
}

std::optional<std::int64_t> Stream::lag_of(const StreamGroup& group) const {
  const auto added = static_cast<std::int64_t>(entries_added);
  if (added == 0 || size_ == 0) return 0;
  // All that is left lies ahead of it, whatever was trimmed in between (redis#13958).
  if (group.last_id < first_id && max_deleted_id < first_id) return static_cast<std::int64_t>(size_);
  if (group.entries_read != StreamGroup::kUnknown && !has_gaps_from(group.last_id))
    return added - group.entries_read;
  const auto read = entries_up_to(group.last_id);
  return read ? std::optional(added - *read) : std::nullopt;
}

void Stream::advance(StreamGroup& group, const StreamId& id) const {
  // What was deleted between counts as read (redis#13338), and how much that was only the stream can tell.
  if (group.entries_read != StreamGroup::kUnknown && group.last_id >= first_id &&
      !has_gaps_from(group.last_id))
    ++group.entries_read;
  else if (entries_added)
    group.entries_read = entries_up_to(id).value_or(StreamGroup::kUnknown);
  group.last_id = id;
}

StreamGroup* Stream::group(std::string_view name) {
  if (!groups_) return nullptr;
  const auto it = groups_->find(name);
  return it == groups_->end() ? nullptr : &it->second;
}

bool Stream::add_group(std::string_view name, StreamId last, std::int64_t entries_read) {
  if (!groups_) groups_ = std::make_unique<StreamGroups>();
  return groups_->emplace(std::string(name), StreamGroup(last, entries_read)).second;
}

bool Stream::remove_group(std::string_view name) {
  if (!group(name)) return false;
  groups_->erase(groups_->find(name));
  return true;
}

const StreamGroups& Stream::groups() const {
  static const StreamGroups none;
  return groups_ ? *groups_ : none;
}

// ---- blocks
// -----------------------------------------------------------------------------------------------------

bool Stream::adopt(const StreamId& id, Listpack block) {
  const auto live = checked_live_entries(block);
  if (!live || !blocks_.emplace(id, std::move(block)).second) return false;
  size_ += static_cast<std::size_t>(*live);
  return true;
}

std::size_t Stream::radix_nodes() const {
  constexpr std::size_t kKey = 16;
  if (blocks_.empty()) return 1;
  if (blocks_.size() == 1) return 2;
  // Redis keeps blocks in a radix tree: it has a leaf for each key, a node wherever two keys part, and a node
  // for each run of bytes between those.
  std::size_t nodes = blocks_.size();
  auto edge = [&](std::size_t depth, std::size_t parent) { nodes += depth > parent + 1; };
  std::vector<std::size_t> open;  // where the keys so far parted, above the last one: each deeper
  std::size_t last_common = 0;
  std::string previous;
  for (const auto& [id, block] : blocks_) {
    const std::string key = id.bytes();
    if (previous.empty()) {
      previous = key;
      continue;
    }
    std::size_t common = 0;
    while (key[common] == previous[common]) ++common;
    edge(kKey, open.empty() ? common : std::max(last_common, common));
    while (!open.empty() && open.back() > common) {
      const std::size_t depth = open.back();
      open.pop_back();
      edge(depth, open.empty() ? common : std::max(open.back(), common));
    }
    if (open.empty() || open.back() < common) {
      open.push_back(common);
      ++nodes;
    }
    last_common = common;
    previous = key;
  }
  edge(kKey, last_common);
  for (; open.size() > 1; open.pop_back()) edge(open.back(), open[open.size() - 2]);
  return nodes + (open.front() > 0);
}

std::size_t Stream::memory() const {
  std::size_t bytes = sizeof *this;
  for (const auto& [id, block] : blocks_) bytes += 64 + block.total() + 8;
  if (groups_)
    for (const auto& [name, group] : *groups_) bytes += 80 + name.capacity() + group.memory();
  return bytes;
}

// ---- StreamCursor
// -----------------------------------------------------------------------------------------------

StreamCursor::StreamCursor(const Stream& stream, StreamId from, StreamId to, Direction direction,
                           bool with_deleted)
    : blocks_(stream.blocks()),
      from_(from),
      to_(to),
      backwards_(direction == Direction::backwards),
      with_deleted_(with_deleted) {
  block_ = blocks_.upper_bound(backwards_ ? to : from);
  if (block_ != blocks_.begin()) --block_;
}

bool StreamCursor::enter_block() {
  const Listpack& block = block_->second;
  const Head head(block);
  block_fields_ = static_cast<std::size_t>(head.fields);
  own_fields_ = head.names;
  entry_ = backwards_ ? last_entry(block) : head.entries;
  return entry_ != Listpack::kEnd;
}

/// To the next entry, deleted or not, of this or another block.
bool StreamCursor::step() {
  if (!begun_) {
    begun_ = true;
    if (block_ == blocks_.end()) return false;
    if (enter_block()) return true;
  } else {
    const Listpack& block = block_->second;
    if (backwards_) {
      entry_ = entry_before(block, entry_);
    } else {
      Listpack::Position at = words_;
      for (std::size_t i = same_fields_ ? fields_ : 2 * fields_; i > 0; --i) at = block.next(at);
      entry_ = block.next(at);
    }
    if (entry_) return true;
  }
  for (;;) {
    if (backwards_) {
      if (block_ == blocks_.begin()) return false;
      --block_;
    } else if (++block_ == blocks_.end()) {
      return false;
    }
    if (enter_block()) return true;
  }
}

void StreamCursor::read_entry() {
  const EntryHead entry(block_->second, block_->first, entry_);
  id_ = entry.id;
  same_fields_ = entry.same_fields();
  deleted_ = entry.deleted();
  words_ = entry.words;
  fields_ = same_fields_ ? block_fields_ : static_cast<std::size_t>(entry.fields);
}

bool StreamCursor::next() {
  if (begun_ && !entry_) return false;
  while (step()) {
    read_entry();
    if (deleted_ && !with_deleted_) continue;
    if (backwards_ ? id_ > to_ : id_ < from_) continue;
    if (backwards_ ? id_ < from_ : id_ > to_) break;
    return true;
  }
  entry_ = Listpack::kEnd;
  return false;
}

}  // namespace node
