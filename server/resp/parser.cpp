#include "server/resp/parser.h"

#include <charconv>
#include <climits>
#include <cstring>

namespace node {

namespace {
bool to_number(std::string_view text, std::int64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

char unescape(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'a':
      return '\a';
    default:
      return c;
  }
}

/// Reads a quoted word from at (behind the opening quote); false when it never closes properly.
bool read_quoted(std::string_view line, std::size_t& at, std::string& word) {
  const char quote = line[at++];
  while (at < line.size()) {
    const char c = line[at];
    if (c == quote) {
      ++at;
      return at == line.size() || is_space(line[at]);
    }
    if (c == '\\' && quote == '"' && at + 1 < line.size()) {
      if (at + 3 < line.size() && line[at + 1] == 'x' && hex_digit(line[at + 2]) >= 0 &&
          hex_digit(line[at + 3]) >= 0) {
        word.push_back(static_cast<char>(hex_digit(line[at + 2]) * 16 + hex_digit(line[at + 3])));
        at += 4;
      } else {
        word.push_back(unescape(line[at + 1]));
        at += 2;
      }
    } else if (c == '\\' && quote == '\'' && at + 1 < line.size() && line[at + 1] == '\'') {
      word.push_back('\'');
      at += 2;
    } else {
      word.push_back(c);
      ++at;
    }
  }
  return false;
}
}  // namespace

bool split_words(std::string_view line, std::vector<std::string>& words) {
  std::size_t at = 0;
  for (;;) {
    while (at < line.size() && (is_space(line[at]) || line[at] == '\0')) ++at;
    if (at == line.size()) return true;
    std::string word;
    while (at < line.size() && !is_space(line[at]) && line[at] != '\0') {
      if (line[at] == '"' || line[at] == '\'') {
        if (!read_quoted(line, at, word)) return false;
      } else {
        word.push_back(line[at++]);
      }
    }
    words.push_back(std::move(word));
  }
}

RequestParser::Status RequestParser::fail(std::string why) {
  error_ = "Protocol error: " + std::move(why);
  return Status::error;
}

RequestParser::Status RequestParser::next(std::string_view input, const ParserLimits& limits) {
  argv_.clear();
  wanted_ = 0;
  if (at_ >= input.size()) return Status::need_more;
  if (!in_array_ && input[at_] != '*') return parse_inline(input);
  return parse_array(input, limits);
}

RequestParser::Status RequestParser::parse_inline(std::string_view input) {
  const std::size_t end = input.find('\n', at_);
  if (end == std::string_view::npos)
    return input.size() - at_ > kInlineMax ? fail("too big inline request") : Status::need_more;
  std::string_view line = input.substr(at_, end - at_);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  unescaped_.clear();
  if (!split_words(line, unescaped_)) return fail("unbalanced quotes in request");
  argv_.assign(unescaped_.begin(), unescaped_.end());
  at_ = end + 1;
  return Status::command;
}

bool RequestParser::read_line(std::string_view input, std::string_view& line) {
  const void* cr = std::memchr(input.data() + at_, '\r', input.size() - at_);
  if (!cr) return false;
  const auto end = static_cast<std::size_t>(static_cast<const char*>(cr) - input.data());
  if (end + 1 >= input.size()) return false;
  line = input.substr(at_, end - at_);
  at_ = end + 2;
  return true;
}

RequestParser::Status RequestParser::parse_array(std::string_view input, const ParserLimits& limits) {
  std::string_view line;
  if (!in_array_) {
    const std::size_t start = at_;
    if (!read_line(input, line))
      return input.size() - start > kInlineMax ? fail("too big mbulk count string") : Status::need_more;
    std::int64_t count = 0;
    if (!to_number(line.substr(1), count) || count > INT_MAX) return fail("invalid multibulk length");
    if (count > 10 && !limits.authenticated) return fail("unauthenticated multibulk length");
    if (count <= 0) return Status::command;
    in_array_ = true;
    left_ = count;
    bulk_ = -1;
    words_.clear();
  }
  while (left_ > 0) {
    if (bulk_ < 0) {
      if (at_ >= input.size()) return Status::need_more;
      if (input[at_] != '$') {
        if (input.find('\r', at_) == std::string_view::npos && input.size() - at_ <= kInlineMax)
          return Status::need_more;
        return fail(std::string("expected '$', got '") + input[at_] + "'");
      }
      const std::size_t start = at_;
      if (!read_line(input, line))
        return input.size() - start > kInlineMax ? fail("too big bulk count string") : Status::need_more;
      if (!to_number(line.substr(1), bulk_) || bulk_ < 0 || bulk_ > limits.bulk_bytes)
        return fail("invalid bulk length");
      if (bulk_ > 16384 && !limits.authenticated) return fail("unauthenticated bulk length");
    }
    const auto size = static_cast<std::size_t>(bulk_);
    if (input.size() - at_ < size + 2) {
      wanted_ = at_ + size + 2;
      return Status::need_more;
    }
    words_.push_back({at_, size});
    at_ += size + 2;
    bulk_ = -1;
    --left_;
  }
  return finish(input);
}

RequestParser::Status RequestParser::finish(std::string_view input) {
  in_array_ = false;
  argv_.reserve(words_.size());
  for (const Word& w : words_) argv_.push_back(input.substr(w.at, w.size));
  words_.clear();
  return Status::command;
}

}  // namespace node
