// A value of a history in 8 bytes, and the tables that hold what does not fit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace harness {

/// nil, an integer of 61 bits, or a reference into the ValueTable of the history that holds it. Values are
/// interned: within one history, two values are equal exactly when their bits are. Comparing values of two
/// histories means nothing.
class Value {
 public:
  enum class Kind : std::uint8_t { kNil, kInteger, kText, kList, kOther };

  constexpr Value() = default;  // nil
  static constexpr Value integer(std::int64_t number) {
    return Value((static_cast<std::uint64_t>(number) << 3) | static_cast<std::uint64_t>(Kind::kInteger));
  }
  static constexpr bool fits(std::int64_t number) { return -(1LL << 60) <= number && number < (1LL << 60); }
  static constexpr Value from_bits(std::uint64_t bits) { return Value(bits); }

  constexpr Kind kind() const { return static_cast<Kind>(bits_ & 7); }
  constexpr bool is_nil() const { return bits_ == 0; }
  constexpr bool is_integer() const { return kind() == Kind::kInteger; }
  /// REQUIRES: is_integer().
  constexpr std::int64_t as_integer() const { return static_cast<std::int64_t>(bits_) >> 3; }
  constexpr std::uint64_t bits() const { return bits_; }

  friend constexpr bool operator==(Value, Value) = default;

 private:
  friend class ValueTable;
  friend class ValueTransfer;
  constexpr explicit Value(std::uint64_t bits) : bits_(bits) {}
  static constexpr Value reference(Kind kind, std::size_t index) {
    return Value((static_cast<std::uint64_t>(index) << 3) | static_cast<std::uint64_t>(kind));
  }
  constexpr std::size_t index() const { return bits_ >> 3; }

  std::uint64_t bits_ = 0;
};

/// An open-addressing index from hashes to dense ids. It holds no pointer, so a table that uses it is copied
/// by copying its members.
class IdIndex {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;

  /// The id with this hash for which `equals(id)`, or kNone.
  template <typename Equals>
  std::uint32_t find(std::uint64_t hash, const Equals& equals) const {
    if (slots_.empty()) return kNone;
    const std::size_t mask = slots_.size() - 1;
    const auto tag = static_cast<std::uint32_t>(hash >> 32);
    for (std::size_t at = hash & mask; slots_[at].id != kNone; at = (at + 1) & mask)
      if (slots_[at].tag == tag && equals(slots_[at].id)) return slots_[at].id;
    return kNone;
  }
  /// REQUIRES: no equal entry is there. `hash_of(id)` is asked when the index grows.
  template <typename HashOf>
  void insert(std::uint64_t hash, std::uint32_t id, const HashOf& hash_of) {
    if (size_ * 2 >= slots_.size()) grow(hash_of);
    place(hash, id);
    ++size_;
  }

 private:
  struct Slot {
    std::uint32_t tag = 0;
    std::uint32_t id = kNone;
  };
  void place(std::uint64_t hash, std::uint32_t id) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = hash & mask;
    while (slots_[at].id != kNone) at = (at + 1) & mask;
    slots_[at] = {static_cast<std::uint32_t>(hash >> 32), id};
  }
  template <typename HashOf>
  void grow(const HashOf& hash_of) {
    std::vector<Slot> old(slots_.empty() ? 16 : slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old)
      if (slot.id != kNone) place(hash_of(slot.id), slot.id);
  }
  std::vector<Slot> slots_;
  std::size_t size_ = 0;
};

/// Interned texts. Ids are dense from 0, in order of first use; a text's view stays valid as long as the
/// table.
class StringTable {
 public:
  std::uint32_t intern(std::string_view text);
  std::string_view text(std::uint32_t id) const { return texts_[id]; }
  std::size_t size() const { return texts_.size(); }
  /// The id of a text, or -1 (as unsigned) when it was never interned.
  std::uint32_t find(std::string_view text) const;

 private:
  std::uint32_t find(std::string_view text, std::uint64_t word, std::uint64_t hash) const;

  std::deque<std::string> texts_;
  std::vector<std::uint64_t> words_;  // a text of up to seven bytes as one number; 0: it is longer
  IdIndex ids_;
};

/// Holds what a Value refers to: texts, lists of values, and JSON of any other kind (as its text).
class ValueTable {
 public:
  Value text(std::string_view text);
  Value list(std::span<const Value> elements);
  /// true, false, fractions, maps and integers beyond 61 bits, kept as compact JSON text.
  Value other(std::string_view json);
  Value integer(std::int64_t number);

  /// REQUIRES: kind() is kText.
  std::string_view as_text(Value value) const {
    return texts_.text(static_cast<std::uint32_t>(value.index()));
  }
  /// REQUIRES: kind() is kList.
  std::span<const Value> as_list(Value value) const { return elements(lists_[value.index()]); }
  /// REQUIRES: kind() is kOther.
  std::string_view as_other(Value value) const {
    return others_.text(static_cast<std::uint32_t>(value.index()));
  }

  /// The value of a JSON text, if this table has ever held it (nil and small integers it always holds).
  /// Throws UsageError when the text is not JSON.
  std::optional<Value> find_json(std::string_view json) const;

  /// The value of a JSON text, entered into the table. Throws UsageError when the text is not JSON.
  Value from_json(std::string_view json);

  /// Whether the value refers to something that this table holds (integers and nil always do).
  bool contains(Value value) const;

  /// How many distinct texts, lists and others there are.
  std::size_t texts() const { return texts_.size(); }
  std::size_t others() const { return others_.size(); }
  std::size_t lists() const { return lists_.size(); }

  /// Compact JSON text of any value.
  std::string to_json(Value value) const;

  /// About how many bytes a value takes in a table that has not held it.
  std::size_t bytes(Value value) const;

 private:
  /// A list's elements lie in one chunk; chunks never grow beyond their capacity, so spans stay valid.
  struct ListPlace {
    std::uint32_t chunk;
    std::uint32_t begin;
    std::uint32_t size;
  };
  std::span<const Value> elements(ListPlace place) const {
    return std::span(chunks_[place.chunk]).subspan(place.begin, place.size);
  }
  std::uint32_t find_list(std::span<const Value> elements, std::uint64_t hash) const;

  StringTable texts_;
  StringTable others_;
  std::vector<std::vector<Value>> chunks_;
  std::vector<ListPlace> lists_;
  IdIndex list_ids_;
};

/// Takes values over from one table into another.
class ValueTransfer {
 public:
  ValueTransfer(const ValueTable& from, ValueTable& into) : from_(from), into_(into) {}
  Value operator()(Value value) { return value.is_nil() || value.is_integer() ? value : transfer(value); }

 private:
  Value transfer(Value value);
  const ValueTable& from_;
  ValueTable& into_;
  std::vector<Value> texts_;  // those taken over already, by their number; nil: not yet
};

/// Length of the valid UTF-8 sequence at the start of `text`, or 0. REQUIRES: text is not empty.
std::size_t utf8_length(std::string_view text);

/// Appends `text` as a JSON string; bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

}  // namespace harness
