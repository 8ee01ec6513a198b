// The grammar of EDN (https://github.com/edn-format/edn), read left to right: what the reader of Jepsen's
// histories is made of.
#pragma once

#include <algorithm>
#include <charconv>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/history.h"

namespace harness {

/// Whatever is not as expected throws HistoryError with the line and what was found.
class EdnParser {
 public:
  explicit EdnParser(std::string_view bytes) : bytes_(bytes) {}

  /// What the values refer to; the caller may empty it between operations.
  ValueTable& values() { return values_; }
  std::size_t position() const { return at_; }

  [[noreturn]] void refuse(const std::string& reason) const { throw HistoryError(line(), reason); }

  std::size_t line() const {
    // Counted on from the last place that was asked for.
    counted_line_ +=
        static_cast<std::size_t>(std::count(bytes_.begin() + static_cast<std::ptrdiff_t>(counted_),
                                            bytes_.begin() + static_cast<std::ptrdiff_t>(at_), '\n'));
    counted_ = at_;
    return counted_line_;
  }

  /// Passes over space, comments and discarded forms.
  void skip_space() {
    while (at_ < bytes_.size()) {
      if (is_space(bytes_[at_])) {
        ++at_;
      } else if (bytes_[at_] == ';') {
        at_ = std::min(bytes_.find('\n', at_), bytes_.size());
      } else if (bytes_.substr(at_, 2) == "#_") {
        at_ += 2;
        skip_space();
        value();
      } else {
        return;
      }
    }
  }
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
  std::string found() const {
    return at_end() ? ", found the end" : ", found '" + std::string(bytes_.substr(at_, 12)) + "'";
  }

  /// A symbol's or keyword's letters.
  std::string_view token() {
    const std::size_t begin = at_;
    while (!at_end() && !is_delimiter(bytes_[at_])) ++at_;
    if (at_ == begin) refuse("expected a value" + found());
    return bytes_.substr(begin, at_ - begin);
  }

  Value value() {
    if (++depth_ > kDepthMax) refuse("values nest too deeply");
    const Value out = value_inside();
    --depth_;
    return out;
  }

  /// Set when the last value() was Jepsen's independent tuple by its tag.
  bool tuple_tag = false;

 private:
  static constexpr int kDepthMax = 64;  // of nested values

  static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == ',';
  }
  static bool is_delimiter(char c) {
    return is_space(c) || std::string_view("()[]{}\";").find(c) != std::string_view::npos;
  }

  Value value_inside() {
    switch (peek()) {
      case '"':
        return values_.text(string());
      case '[':
        return sequence(']');
      case '(':
        return sequence(')');
      case '{':
        return map();
      case ':':
        ++at_;
        return values_.text(token());
      case '\\':
        return character();
      case '#':
        return tagged();
      default:
        return atom(token());
    }
  }

  Value sequence(char close) {
    ++at_;
    const std::size_t base = stack_.size();
    for (skip_space(); !take(close); skip_space()) {
      if (at_end()) refuse(std::string("a sequence does not end with '") + close + "'");
      const Value element = value();
      stack_.push_back(element);
    }
    const Value out = values_.list(std::span(stack_).subspan(base));
    stack_.resize(base);
    return out;
  }

  /// A map becomes a JSON object with sorted keys.
  Value map() {
    ++at_;
    std::map<std::string, std::string> entries;
    for (skip_space(); !take('}'); skip_space()) {
      if (at_end()) refuse("a map does not end");
      const Value key = value();
      skip_space();
      if (peek() == '}') refuse("a map with a key and no value");
      const std::string text =
          key.kind() == Value::Kind::kText ? std::string(values_.as_text(key)) : values_.to_json(key);
      entries[text] = values_.to_json(value());
    }
    std::string json = "{";
    for (const auto& [key, text] : entries) {
      if (json.size() > 1) json += ',';
      append_json_string(json, key);
      json += ":" + text;
    }
    return values_.other(json + "}");
  }

  Value tagged() {
    ++at_;
    if (peek() == '{') return sequence('}');  // a set
    const std::string_view tag = token();
    skip_space();
    const Value inner = value();
    if (tag == "jepsen.independent/tuple" || tag == "jepsen.independent.Tuple") tuple_tag = true;
    return inner;
  }

  Value atom(std::string_view text) {
    if (text == "nil") return {};
    if (text == "true" || text == "false") return values_.other(text);
    const bool signed_number = text.size() > 1 && (text[0] == '-' || text[0] == '+');
    const char first = signed_number ? text[1] : text[0];
    if (first < '0' || first > '9') return values_.text(text);  // a symbol
    return number(text[0] == '+' ? text.substr(1) : text);
  }

  Value number(std::string_view text) {
    std::string_view digits = text;
    if (digits.back() == 'N' || digits.back() == 'M') digits.remove_suffix(1);
    std::int64_t whole = 0;
    const char* end = digits.data() + digits.size();
    if (const auto [at, error] = std::from_chars(digits.data(), end, whole);
        at == end && error == std::errc())
      return values_.integer(whole);
    double fraction = 0;
    const auto [at, error] = std::from_chars(digits.data(), end, fraction);
    if (at == end) return values_.other(digits);  // a fraction, or an integer beyond 64 bits
    if (digits.find('/') != std::string_view::npos) return values_.text(text);
    refuse("not a number: " + std::string(text));
  }

  Value character() {
    ++at_;
    if (at_end()) refuse("a character is missing");
    const std::size_t begin = at_++;
    while (!at_end() && !is_delimiter(bytes_[at_])) ++at_;
    const std::string_view name = bytes_.substr(begin, at_ - begin);
    if (name == "newline") return values_.text("\n");
    if (name == "space") return values_.text(" ");
    if (name == "tab") return values_.text("\t");
    return values_.text(name);
  }

  std::string_view string() {
    const std::size_t begin = ++at_;
    while (!at_end() && bytes_[at_] != '"' && bytes_[at_] != '\\') ++at_;
    if (!at_end() && bytes_[at_] == '"') return bytes_.substr(begin, at_++ - begin);
    scratch_.assign(bytes_.substr(begin, at_ - begin));
    while (true) {
      if (at_end()) refuse("a string does not end");
      char c = bytes_[at_++];
      if (c == '"') return scratch_;
      if (c != '\\') {
        scratch_ += c;
        continue;
      }
      if (at_end()) refuse("a string does not end");
      c = bytes_[at_++];
      static constexpr std::string_view kFrom = "\"\\nrtbf";
      static constexpr std::string_view kTo = "\"\\\n\r\t\b\f";
      const std::size_t which = kFrom.find(c);
      if (which != std::string_view::npos) {
        scratch_ += kTo[which];
      } else if (c == 'u' && at_ + 4 <= bytes_.size()) {
        scratch_ += "\\u";  // kept as it is written: texts are only compared
      } else {
        refuse("an unknown escape in a string");
      }
    }
  }

  std::string_view bytes_;
  ValueTable values_;
  std::size_t at_ = 0;
  int depth_ = 0;
  std::vector<Value> stack_;
  std::string scratch_;
  mutable std::size_t counted_ = 0;
  mutable std::size_t counted_line_ = 1;
};

}  // namespace harness
