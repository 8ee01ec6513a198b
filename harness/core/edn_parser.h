// Reads values of EDN (the Extensible Data Notation of Clojure), or of JSON, one after another from bytes.
// Both are read by the same code because published histories come in both, with the same meaning: EDN's maps
// and vectors are JSON's but for the colons, and its keywords are JSON's texts.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/value.h"

namespace harness {

enum class Notation { kEdn, kJson };

/// The grammars: https://github.com/edn-format/edn, RFC 8259. Keywords and symbols of EDN become texts
/// without their colon, maps become JSON objects with sorted keys, sets become lists, a tagged element loses
/// its tag.
class EdnParser {
 public:
  EdnParser(std::string_view bytes, Notation notation) : bytes_(bytes), json_(notation == Notation::kJson) {}

  /// What the values refer to; the caller may empty it between operations.
  ValueTable& values() { return values_; }
  std::size_t position() const { return at_; }
  std::size_t line() const;
  bool json() const { return json_; }

  /// Throws HistoryError with the line. `found()`: what stands here, for its words.
  [[noreturn]] void refuse(const std::string& reason) const;
  std::string found() const;

  /// Passes over space, and EDN's comments and discarded forms.
  void skip_space();
  bool at_end() const { return at_ == bytes_.size(); }
  char peek() const { return at_end() ? '\0' : bytes_[at_]; }
  bool take(char c) {
    if (peek() != c || at_end()) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!take(c)) refuse(std::string("expected '") + c + "'" + found());
  }

  /// A symbol's or keyword's letters.
  std::string_view token();
  /// A field's name: a keyword, or JSON's text with its colon. Empty when something else stands there, which
  /// is passed over. The view holds until the next call.
  std::string_view field_name();
  Value value();

  /// Set when the last value() was Jepsen's independent tuple by its tag.
  bool tuple_tag = false;

 private:
  Value value_inside();
  Value sequence(char close);
  Value map();
  Value tagged();
  Value atom(std::string_view text);
  Value number(std::string_view text);
  Value character();
  std::string_view string();
  void escape(char c);
  unsigned hex4();

  std::string_view bytes_;
  bool json_;
  ValueTable values_;
  std::size_t at_ = 0;
  int depth_ = 0;
  std::vector<Value> stack_;
  std::string scratch_;
  mutable std::size_t counted_ = 0;
  mutable std::size_t counted_line_ = 1;
};

}  // namespace harness
