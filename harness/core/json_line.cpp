#include "harness/core/json_line.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/core/canonical_json.h"

namespace harness {
namespace {

constexpr int kLineDepthMax = 64;  // of nested values

}  // namespace

void append_utf8(std::string& out, unsigned code) {
  const auto put = [&](unsigned byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | (code >> 6));
    put(0x80 | (code & 63));
  } else if (code < 0x10000) {
    put(0xe0 | (code >> 12));
    put(0x80 | ((code >> 6) & 63));
    put(0x80 | (code & 63));
  } else {
    put(0xf0 | (code >> 18));
    put(0x80 | ((code >> 12) & 63));
    put(0x80 | ((code >> 6) & 63));
    put(0x80 | (code & 63));
  }
}

std::string_view JsonLine::string() {
  if (!take('"')) refuse("expected a string" + found());
  const char* begin = at_;
  while (at_ != end_ && *at_ != '"' && *at_ != '\\' && static_cast<unsigned char>(*at_) >= 0x20) ++at_;
  if (at_ != end_ && *at_ == '"') return {begin, static_cast<std::size_t>(at_++ - begin)};
  scratch_.assign(begin, at_);
  while (true) {
    if (at_ == end_) refuse("a string does not end");
    const char c = *at_++;
    if (c == '"') return scratch_;
    if (static_cast<unsigned char>(c) < 0x20) refuse("a control character within a string");
    if (c == '\\') {
      escape();
    } else {
      scratch_ += c;
    }
  }
}

bool JsonLine::integer(std::int64_t& out) {
  if (take_integer(out)) return true;
  const char* p = at_;
  if (p != end_ && *p == '-') ++p;
  if (p == end_ || *p < '0' || *p > '9') refuse("expected a number" + found());
  if (*p == '0' && p + 1 != end_ && p[1] >= '0' && p[1] <= '9') refuse("a number with a leading zero");
  return false;
}

Value JsonLine::value(ValueTable& table, std::vector<Value>& stack, int depth) {
  switch (peek()) {
    case 'n':
      literal("null");
      return {};
    case '"':
      return table.text(string());
    case '[':
      return list(table, stack, depth);
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9': {
      std::int64_t number;
      if (integer(number)) return table.integer(number);
      return large_or_fraction(table);
    }
    case 't':
    case 'f':
    case '{':
      return other(table);
    default:
      refuse("expected a value" + found());
  }
}

void JsonLine::literal(std::string_view word) {
  if (static_cast<std::size_t>(end_ - at_) < word.size() || std::memcmp(at_, word.data(), word.size()) != 0)
    refuse("expected a value" + found());
  at_ += word.size();
}

std::string JsonLine::found() const {
  if (at_ == end_) return ", found the end of the line";
  return std::string(", found '") +
         std::string(at_, std::min<std::size_t>(12, static_cast<std::size_t>(end_ - at_))) + "'";
}

Value JsonLine::list(ValueTable& table, std::vector<Value>& stack, int depth) {
  if (depth >= kLineDepthMax) refuse("values nest too deeply");
  ++at_;
  const std::size_t base = stack.size();
  skip_space();
  if (!take(']')) {
    do {
      skip_space();
      const Value element = value(table, stack, depth + 1);
      stack.push_back(element);
      skip_space();
    } while (take(','));
    expect(']');
  }
  const Value out = table.list(std::span(stack).subspan(base));
  stack.resize(base);
  return out;
}

/// The text of the value that begins here; moves past it.
std::string_view JsonLine::other_text() {
  const char* begin = at_;
  int depth = 0;
  do {
    if (at_ == end_) refuse("a value does not end");
    if (*at_ == '"') {
      string();
      continue;
    }
    if (*at_ == '[' || *at_ == '{') ++depth;
    if (*at_ == ']' || *at_ == '}') --depth;
    ++at_;
    if (depth == 0)  // a scalar goes on to the next delimiter
      while (*begin != '[' && *begin != '{' && at_ != end_ && std::strchr(",]} \t\r", *at_) == nullptr) ++at_;
  } while (depth > 0);
  const std::string_view text(begin, static_cast<std::size_t>(at_ - begin));
  if (std::count(text.begin(), text.end(), '[') + std::count(text.begin(), text.end(), '{') >
          kLineDepthMax * 64 ||
      !nlohmann::json::accept(text))
    refuse("not JSON: '" + std::string(text.substr(0, 40)) + "'");
  return text;
}

/// An integer is kept digit by digit, however long it is: as a double it would be its neighbours, too.
Value JsonLine::large_or_fraction(ValueTable& table) {
  const char* begin = at_;
  const std::string_view text = other_text();
  if (text.find_first_not_of("-0123456789") == text.npos) return table.other(text);
  at_ = begin;
  return other(table);
}

Value JsonLine::other(ValueTable& table) {
  return table.other(canonical_json(other_text()));
}

unsigned JsonLine::hex4() {
  unsigned code = 0;
  for (int i = 0; i < 4; ++i) {
    if (at_ == end_) refuse("a string does not end");
    const char c = *at_++;
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) refuse("a \\u escape without four hex digits");
    code = code * 16 + static_cast<unsigned>(digit);
  }
  return code;
}

void JsonLine::escape() {
  if (at_ == end_) refuse("a string does not end");
  const char c = *at_++;
  static constexpr std::string_view kFrom = "\"\\/bfnrt";
  static constexpr std::string_view kTo = "\"\\/\b\f\n\r\t";
  if (const std::size_t i = kFrom.find(c); i != std::string_view::npos) {
    scratch_ += kTo[i];
    return;
  }
  if (c != 'u') refuse("an unknown escape in a string");
  unsigned code = hex4();
  if (code >= 0xd800 && code < 0xdc00) {
    if (!take('\\') || !take('u')) refuse("half a surrogate pair in a string");
    const unsigned low = hex4();
    if (low < 0xdc00 || low > 0xdfff) refuse("half a surrogate pair in a string");
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
  } else if (code >= 0xdc00 && code < 0xe000) {
    refuse("half a surrogate pair in a string");
  }
  append_utf8(scratch_, code);
}

}  // namespace harness
