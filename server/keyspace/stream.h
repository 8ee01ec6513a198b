/// A stream: entries of fields and values in the order of their ids, in blocks. A block is a listpack under
/// the id of its first entry, laid out as the dump file of Redis 5 and later has it, so that blocks are saved
/// and loaded as they are, and approximate trimming, which drops whole blocks, keeps exactly what redis
/// keeps:
///
///     live entries, deleted entries, n, field 1 … field n, 0     the block's own fields
///     flags, ms, seq, value 1 … value n, elements                an entry with just these fields
///     flags, ms, seq, m, field 1, value 1 … , elements           an entry with others
///
/// Ids are differences to the block's, `elements` counts those before it, for walking backwards. A deleted
/// entry stays, with a flag, until its block goes.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "server/keyspace/listpack.h"
#include "server/keyspace/stream_group.h"
#include "server/keyspace/stream_id.h"

namespace node {

struct StreamTrim {
  enum class By : std::uint8_t { none, length, id } by = By::none;
  std::uint64_t length = 0;  ///< at most as many stay
  StreamId id;               ///< none below it stays
  bool whole_blocks = false;
  std::uint64_t limit = 0;  ///< at most as many go; 0: no limit
};

class Stream {
 public:
  using Blocks = std::map<StreamId, Listpack>;
  /// field, value, field, value …
  using Fields = std::span<const std::string_view>;

  Stream() = default;
  Stream(const Stream& other);

  std::size_t size() const { return size_; }
  StreamId last_id;                 ///< the highest that was ever given, or what XSETID says
  StreamId first_id;                ///< of the first entry; 0-0 when there is none
  StreamId max_deleted_id;          ///< the highest that XDEL removed
  std::uint64_t entries_added = 0;  ///< ever

  /// REQUIRES: id > last_id; an even number of words, two at least.
  void append(StreamId id, Fields words);
  bool contains(const StreamId& id) const;
  bool erase(const StreamId& id);
  /// Returns how many went.
  std::uint64_t trim(const StreamTrim& how);

  /// Of the last entry; 0-0 when there is none.
  StreamId last_entry() const;
  /// Of the first entry, a deleted one too; the highest id when there is none.
  StreamId first_kept() const;

  /// Whether an entry from `from` on may have been deleted.
  bool has_gaps_from(const StreamId& from) const;
  /// How many entries were ever added up to this id, where that can be told.
  std::optional<std::int64_t> entries_up_to(const StreamId& id) const;
  /// How many entries the group has not read yet, where that can be told.
  std::optional<std::int64_t> lag_of(const StreamGroup& group) const;
  /// The group reads this entry, which lies past its last one.
  void advance(StreamGroup& group, const StreamId& id) const;

  StreamGroup* group(std::string_view name);
  /// False when there is one already.
  bool add_group(std::string_view name, StreamId last, std::int64_t entries_read);
  bool remove_group(std::string_view name);
  const StreamGroups& groups() const;

  const Blocks& blocks() const { return blocks_; }
  /// Takes over a foreign block after a check of all of it; false when it is malformed or there already.
  bool adopt(const StreamId& id, Listpack block);
  /// After the last adopt(), for files that do not tell.
  void find_first() { first_id = first_live(); }
  /// The nodes that a radix tree of the blocks' ids would have: XINFO tells it.
  std::size_t radix_nodes() const;
  std::size_t memory() const;

 private:
  friend class StreamCursor;
  StreamId first_live() const;
  /// Marks what must go in a block that stays; `first` becomes the first entry behind it.
  std::uint64_t trim_within(const StreamId& id, Listpack& block, const StreamTrim& how,
                            std::optional<StreamId>& first);

  Blocks blocks_;
  std::size_t size_ = 0;
  std::unique_ptr<StreamGroups> groups_;
};

/// Walks over the entries of a range, both ends included. Any change of the stream ends its validity.
class StreamCursor {
 public:
  enum class Direction : bool { forwards, backwards };
  explicit StreamCursor(const Stream& stream, StreamId from = {}, StreamId to = StreamId::highest(),
                        Direction direction = Direction::forwards, bool with_deleted = false);

  /// On to the first entry, then to the next. False: there are no more.
  bool next();
  const StreamId& id() const { return id_; }
  std::size_t fields() const { return fields_; }
  /// visit(field, value) of the current entry.
  template <class Visit>
  void for_fields(const Visit& visit) const {
    char field_digits[24], value_digits[24];
    Listpack::Position own = words_, shared = own_fields_;
    for (std::size_t i = 0; i < fields_; ++i) {
      Listpack::Position& names = same_fields_ ? shared : own;
      const Listpack::Element field = block_->second.get(names);
      names = block_->second.next(names);
      const Listpack::Element value = block_->second.get(own);
      own = block_->second.next(own);
      visit(field.view(field_digits), value.view(value_digits));
    }
  }

 private:
  bool enter_block();
  void read_entry();
  bool step();

  const Stream::Blocks& blocks_;
  Stream::Blocks::const_iterator block_;
  StreamId from_, to_;
  bool backwards_, with_deleted_, begun_ = false;
  // Of the block.
  std::size_t block_fields_ = 0;
  Listpack::Position own_fields_ = 0;
  // Of the entry.
  Listpack::Position entry_ = 0;  ///< its flags; kEnd between blocks
  Listpack::Position words_ = 0;
  StreamId id_;
  std::size_t fields_ = 0;
  bool same_fields_ = false, deleted_ = false;
};

}  // namespace node
