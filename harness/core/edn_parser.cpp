#include "harness/core/edn_parser.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>

#include "harness/core/history.h"
#include "harness/core/json_line.h"

namespace harness {
namespace {

constexpr int kDepthMax = 64;  // of nested values

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == ',';
}
bool is_delimiter(char c) {
  return is_space(c) || std::string_view("()[]{}\";").find(c) != std::string_view::npos;
}

}  // namespace

void EdnParser::refuse(const std::string& reason) const {
  const std::size_t before = at_ == 0 ? bytes_.npos : bytes_.rfind('\n', at_ - 1);
  const std::size_t column = before == bytes_.npos ? at_ + 1 : at_ - before;
  throw HistoryError(line(), reason + " (column " + std::to_string(column) + ")");
}

std::size_t EdnParser::line() const {
  // Counted on from the last place that was asked for.
  counted_line_ +=
      static_cast<std::size_t>(std::count(bytes_.begin() + static_cast<std::ptrdiff_t>(counted_),
                                          bytes_.begin() + static_cast<std::ptrdiff_t>(at_), '\n'));
  counted_ = at_;
  return counted_line_;
}

void EdnParser::skip_space() {
  while (at_ < bytes_.size()) {
    if (is_space(bytes_[at_])) {
      ++at_;
    } else if (json_) {
      return;
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

std::string EdnParser::found() const {
  if (at_end()) return ", found the end of the file: was it cut?";
  std::size_t end = std::min(at_ + 12, bytes_.size());
  while (end < bytes_.size() && (static_cast<unsigned char>(bytes_[end]) & 0xc0) == 0x80) ++end;
  return ", found '" + std::string(bytes_.substr(at_, end - at_)) + "'";
}

std::string_view EdnParser::token() {
  const std::size_t begin = at_;
  while (!at_end() && !is_delimiter(bytes_[at_]) && !(json_ && bytes_[at_] == ':')) ++at_;
  if (at_ == begin) refuse("expected a value" + found());
  return bytes_.substr(begin, at_ - begin);
}

std::string_view EdnParser::field_name() {
  if (json_) {
    if (peek() != '"') refuse("expected a field's name" + found());
    const std::string_view name = string();
    skip_space();
    expect(':');
    return name;
  }
  if (take(':')) return token();
  value();  // a key that is no keyword is none of ours
  return {};
}

Value EdnParser::value() {
  if (++depth_ > kDepthMax) refuse("values nest too deeply");
  const Value out = value_inside();
  --depth_;
  return out;
}

Value EdnParser::value_inside() {
  switch (peek()) {
    case '"':
      return values_.text(string());
    case '[':
      return sequence(']');
    case '{':
      return map();
    default:
      break;
  }
  if (json_) return atom(token());
  switch (peek()) {
    case '(':
      return sequence(')');
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

Value EdnParser::sequence(char close) {
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

Value EdnParser::map() {
  ++at_;
  std::map<std::string, std::string> entries;
  for (skip_space(); !take('}'); skip_space()) {
    if (at_end()) refuse("a map does not end");
    const Value key = value();
    skip_space();
    if (json_) {
      if (key.kind() != Value::Kind::kText) refuse("a key of a JSON object is a text");
      expect(':');
      skip_space();
    }
    if (peek() == '}') refuse("a map with a key and no value");
    const std::string text =
        key.kind() == Value::Kind::kText ? std::string(values_.as_text(key)) : values_.to_json(key);
    const auto [at, fresh] = entries.try_emplace(text);
    if (!fresh) refuse("a map has the key " + text.substr(0, 40) + " twice");
    at->second = values_.to_json(value());
  }
  std::string json = "{";
  for (const auto& [key, text] : entries) {
    if (json.size() > 1) json += ',';
    append_json_string(json, key);
    json += ":" + text;
  }
  return values_.other(json + "}");
}

Value EdnParser::tagged() {
  ++at_;
  if (peek() == '{') return sequence('}');  // a set
  const std::string_view tag = token();
  if (tag[0] == '#') return values_.text(tag.substr(1));  // ##Inf, ##NaN
  skip_space();
  const Value inner = value();
  if (tag == "jepsen.independent/tuple" || tag == "jepsen.independent.Tuple") tuple_tag = true;
  return inner;
}

Value EdnParser::atom(std::string_view text) {
  if (text == (json_ ? "null" : "nil")) return {};
  if (text == "true" || text == "false") return values_.other(text);
  const bool signed_number = text.size() > 1 && (text[0] == '-' || text[0] == '+');
  const char first = signed_number ? text[1] : text[0];
  if (first >= '0' && first <= '9') return number(text[0] == '+' ? text.substr(1) : text);
  if (json_) refuse("not JSON: '" + std::string(text) + "'");
  return values_.text(text);  // a symbol
}

Value EdnParser::number(std::string_view text) {
  std::string_view digits = text;
  if (!json_ && (digits.back() == 'N' || digits.back() == 'M')) digits.remove_suffix(1);
  std::int64_t whole = 0;
  const char* end = digits.data() + digits.size();
  if (const auto [at, error] = std::from_chars(digits.data(), end, whole); at == end && error == std::errc())
    return values_.integer(whole);
  // An integer beyond 64 bits and a BigDecimal (1.0M is not 1.00M) are kept as they stand.
  if (digits.find_first_not_of("-0123456789") == digits.npos || text.back() == 'M')
    return values_.other(digits);
  double fraction = 0;
  const auto [at, error] = std::from_chars(digits.data(), end, fraction);
  if (at == end && error == std::errc()) return values_.other(nlohmann::json(fraction).dump());
  if (!json_ && digits.find('/') != std::string_view::npos) return values_.text(text);
  refuse("not a number: " + std::string(text));
}

Value EdnParser::character() {
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

std::string_view EdnParser::string() {
  const std::size_t begin = ++at_;
  while (!at_end() && bytes_[at_] != '"' && bytes_[at_] != '\\') ++at_;
  if (!at_end() && bytes_[at_] == '"') return bytes_.substr(begin, at_++ - begin);
  scratch_.assign(bytes_.substr(begin, at_ - begin));
  while (true) {
    if (at_end()) refuse("a string does not end");
    const char c = bytes_[at_++];
    if (c == '"') return scratch_;
    if (c != '\\') {
      scratch_ += c;
      continue;
    }
    if (at_end()) refuse("a string does not end");
    escape(bytes_[at_++]);
  }
}

void EdnParser::escape(char c) {
  static constexpr std::string_view kFrom = "\"\\/nrtbf";
  static constexpr std::string_view kTo = "\"\\/\n\r\t\b\f";
  if (const std::size_t which = kFrom.find(c); which != std::string_view::npos) {
    scratch_ += kTo[which];
    return;
  }
  if (c != 'u') refuse("an unknown escape in a string");
  unsigned code = hex4();
  if (code >= 0xd800 && code < 0xe000) {
    const bool pair = code < 0xdc00 && bytes_.substr(at_, 2) == "\\u";
    if (pair) at_ += 2;
    const unsigned low = pair ? hex4() : 0;
    if (low < 0xdc00 || low > 0xdfff) refuse("half a surrogate pair in a string");
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
  }
  append_utf8(scratch_, code);
}

unsigned EdnParser::hex4() {
  unsigned code = 0;
  const std::string_view digits = bytes_.substr(at_, 4);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
  if (digits.size() != 4 || error != std::errc() || end != digits.data() + 4)
    refuse("a \\u escape without four hex digits");
  at_ += 4;
  return code;
}

}  // namespace harness
