// A value of a history in 8 bytes, and the tables that hold what does not fit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
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
  constexpr explicit Value(std::uint64_t bits) : bits_(bits) {}
  static constexpr Value reference(Kind kind, std::size_t index) {
    return Value((static_cast<std::uint64_t>(index) << 3) | static_cast<std::uint64_t>(kind));
  }
  constexpr std::size_t index() const { return bits_ >> 3; }

  std::uint64_t bits_ = 0;
};

/// Interned texts. Ids are dense from 0, in order of first use.
class StringTable {
 public:
  std::uint32_t intern(std::string_view text);
  std::string_view text(std::uint32_t id) const { return texts_[id]; }
  std::size_t size() const { return texts_.size(); }
  /// The id of a text, or -1 (as unsigned) when it was never interned.
  std::uint32_t find(std::string_view text) const;

 private:
  std::deque<std::string> texts_;  // a deque keeps the views of ids_ valid
  std::unordered_map<std::string_view, std::uint32_t> ids_;
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
  std::span<const Value> as_list(Value value) const { return lists_[value.index()]; }
  /// REQUIRES: kind() is kOther.
  std::string_view as_other(Value value) const {
    return others_.text(static_cast<std::uint32_t>(value.index()));
  }

  /// The value of a JSON text, if this table has ever held it (nil and small integers it always holds).
  /// Throws UsageError when the text is not JSON.
  std::optional<Value> find_json(std::string_view json) const;

  /// Compact JSON text of any value.
  std::string to_json(Value value) const;

 private:
  StringTable texts_;
  StringTable others_;
  std::deque<std::vector<Value>> lists_;
  std::unordered_multimap<std::uint64_t, std::uint32_t> list_ids_;  // by hash
};

/// Appends `text` as a JSON string; bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

}  // namespace harness
