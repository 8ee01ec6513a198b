// One line of JSON, read left to right by hand: what the reader of JSON Lines is made of. Nothing is
// allocated but for strings with escapes.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/history.h"

namespace harness {

/// Positions never pass the line's end. Whatever is not as expected throws HistoryError with the line's
/// number and what was found.
class JsonLine {
 public:
  /// `scratch`: for strings with escapes; used again by the next string.
  JsonLine(std::string_view text, std::size_t number, std::string& scratch)
      : begin_(text.data()),
        at_(text.data()),
        end_(text.data() + text.size()),
        number_(number),
        scratch_(scratch) {}

  /// Says the column, too, from 1.
  [[noreturn]] void refuse(const std::string& reason) const {
    throw HistoryError(number_, reason + " (column " + std::to_string(at_ - begin_ + 1) + ")");
  }

  void skip_space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\r')) ++at_;
  }
  bool at_end() const { return at_ == end_; }
  char peek() const { return at_ == end_ ? '\0' : *at_; }
  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!take(c)) refuse(std::string("expected '") + c + "'" + found());
  }

  /// Moves past `text` if it comes next, to the letter.
  template <std::size_t kSize>
  bool take_text(const char (&text)[kSize]) {
    if (static_cast<std::size_t>(end_ - at_) < kSize - 1 || std::memcmp(at_, text, kSize - 1) != 0)
      return false;
    at_ += kSize - 1;
    return true;
  }

  /// The rest of a string without escapes whose opening quote was taken, or nothing: then nothing is taken.
  std::string_view take_plain_rest() {
    const char* p = at_;
    while (p != end_ && *p != '"' && *p != '\\' && static_cast<unsigned char>(*p) >= 0x20) ++p;
    if (p == end_ || *p != '"') return {};
    const std::string_view text(at_, static_cast<std::size_t>(p - at_));
    at_ = p + 1;
    return text;
  }

  /// An integer of 64 bits, if one comes next. Nothing is taken of another number (a fraction, or too large),
  /// nor of anything else.
  bool take_integer(std::int64_t& out) {
    const char* p = at_;
    const bool negative = p != end_ && *p == '-';
    if (negative) ++p;
    const char* digits = p;
    std::uint64_t number = 0;
    for (unsigned digit; p != end_ && (digit = static_cast<unsigned>(*p - '0')) < 10; ++p)
      number = number * 10 + digit;
    const auto length = p - digits;
    if (length == 0 || length > 18 || (*digits == '0' && length > 1)) return false;
    if (p != end_ && (*p == '.' || *p == 'e' || *p == 'E')) return false;
    out = negative ? -static_cast<std::int64_t>(number) : static_cast<std::int64_t>(number);
    at_ = p;
    return true;
  }

  /// A string. Without escapes the view is into the line itself, else into the scratch.
  std::string_view string();
  /// An integer of 64 bits. False when it is another number (a fraction, or too large); nothing is taken
  /// then.
  bool integer(std::int64_t& out);
  Value value(ValueTable& table, std::vector<Value>& stack, int depth = 0);
  /// Passes over a value of any kind, checking that it is JSON.
  void skip_value() { other_text(); }
  void literal(std::string_view word);
  /// ", found '...'": what stands here, for messages.
  std::string found() const;

  /// To try something and go back.
  const char* position() const { return at_; }
  void go_back(const char* position) { at_ = position; }

 private:
  Value list(ValueTable& table, std::vector<Value>& stack, int depth);
  std::string_view other_text();
  Value large_or_fraction(ValueTable& table);
  Value other(ValueTable& table);
  unsigned hex4();
  void escape();

  const char* begin_;
  const char* at_;
  const char* end_;
  std::size_t number_;
  std::string& scratch_;
};

/// A code point as UTF-8.
void append_utf8(std::string& out, unsigned code);

}  // namespace harness
