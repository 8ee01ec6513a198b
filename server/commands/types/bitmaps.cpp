/// Strings as arrays of bits, the most significant bit of a byte first.
#include <algorithm>
#include <bit>

#include "server/commands/types/handlers.h"
#include "server/engine/values.h"
#include "server/keyspace/number.h"

namespace node {

namespace {

/// The string's bytes, copied; nothing after a WRONGTYPE answer.
std::optional<std::string> bytes_of(Call& c, std::string_view key) {
  Entry* e = c.db().read(key);
  if (!e) return std::string();
  if (e->type() != Type::string) return c.wrong_type(), std::nullopt;
  char digits[24];
  return std::string(e->text(digits));
}

std::optional<std::uint64_t> bit_offset(Call& c, std::size_t at) {
  const auto n = parse_integer(c.arg(at));
  if (!n || *n < 0 || (*n >> 3) >= c.engine.config.proto_max_bulk) {
    c.error("ERR bit offset is not an integer or out of range");
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(*n);
}

/// [start end [BYTE|BIT]] from argv[at] as an interval of bits [first, last]; empty when first > last.
struct BitSpan {
  std::int64_t first = 0, last = -1;
  bool bits = false;
};
std::optional<BitSpan> bit_span(Call& c, std::size_t at, std::int64_t bytes, bool end_required) {
  BitSpan s{0, bytes * 8 - 1, false};
  if (c.argc() <= at) return s;
  if (c.argc() > at + 3 || (end_required && c.argc() == at + 1)) return c.syntax_error(), std::nullopt;
  auto start = c.integer(at);
  if (!start) return std::nullopt;
  std::optional<std::int64_t> end = bytes - 1;
  if (c.argc() > at + 2) {
    if (!c.is(at + 2, "bit") && !c.is(at + 2, "byte")) return c.syntax_error(), std::nullopt;
    s.bits = c.is(at + 2, "bit");
  }
  if (c.argc() > at + 1 && !(end = c.integer(at + 1))) return std::nullopt;
  const std::int64_t n = s.bits ? bytes * 8 : bytes;
  if (*start < 0 && *end < 0 && *start > *end) return BitSpan{0, -1, s.bits};
  if (*start < 0) *start = std::max<std::int64_t>(0, *start + n);
  if (*end < 0) *end = std::max<std::int64_t>(0, *end + n);
  *end = std::min(*end, n - 1);
  if (*start > *end) return BitSpan{0, -1, s.bits};
  if (s.bits) return BitSpan{*start, *end, true};
  return BitSpan{*start * 8, *end * 8 + 7, false};
}

bool bit_at(const std::string& s, std::uint64_t i) {
  return i / 8 < s.size() && (static_cast<unsigned char>(s[i / 8]) >> (7 - i % 8) & 1);
}

}  // namespace

void command_getbit(Call& c) {
  const auto offset = bit_offset(c, 2);
  if (!offset) return;
  const auto s = bytes_of(c, c.arg(1));
  if (s) c.reply.integer(bit_at(*s, *offset));
}

void command_setbit(Call& c) {
  const auto offset = bit_offset(c, 2);
  if (!offset) return;
  const auto on = parse_integer(c.arg(3));
  if (!on || (*on != 0 && *on != 1)) return c.error("ERR bit is not an integer or out of range");
  bool ok = true;
  std::string* s = raw_string(c, c.arg(1), ok);
  if (!s) return;
  const bool old = bit_at(*s, *offset), longer = s->size() <= *offset / 8;
  if (longer) s->resize(*offset / 8 + 1, '\0');
  const auto mask = static_cast<char>(1 << (7 - *offset % 8));
  char& byte = (*s)[*offset / 8];
  byte = static_cast<char>(*on ? byte | mask : byte & ~mask);
  if (longer || old != (*on == 1)) {
    c.changed(c.arg(1));
    c.event('$', "setbit", c.arg(1));
  }
  c.reply.integer(old);
}

void command_bitcount(Call& c) {
  const bool exists = c.db().contains(c.arg(1));
  const auto s = bytes_of(c, c.arg(1));
  if (!s) return;
  if (!exists) return c.reply.integer(0);
  const auto span = bit_span(c, 2, static_cast<std::int64_t>(s->size()), true);
  if (!span) return;
  std::int64_t n = 0, i = span->first;
  while (i <= span->last) {
    if (i % 8 == 0 && i + 7 <= span->last) {
      n += std::popcount(static_cast<unsigned char>((*s)[static_cast<std::size_t>(i / 8)]));
      i += 8;
    } else {
      n += bit_at(*s, static_cast<std::uint64_t>(i++));
    }
  }
  c.reply.integer(n);
}

void command_bitpos(Call& c) {
  const auto bit = c.integer(2);
  if (!bit) return;
  if (*bit != 0 && *bit != 1) return c.error("ERR The bit argument must be 1 or 0.");
  const bool exists = c.db().contains(c.arg(1));
  const auto s = bytes_of(c, c.arg(1));
  if (!s) return;
  if (!exists) return c.reply.integer(*bit ? -1 : 0);
  const auto span = bit_span(c, 3, static_cast<std::int64_t>(s->size()), false);
  if (!span) return;
  for (std::int64_t i = span->first; i <= span->last; ++i)
    if (bit_at(*s, static_cast<std::uint64_t>(i)) == (*bit == 1)) return c.reply.integer(i);
  // A string of ones is followed by zeros, unless an end was given.
  const bool open_end = c.argc() < 5 && *bit == 0 && span->first <= span->last;
  c.reply.integer(open_end ? static_cast<std::int64_t>(s->size()) * 8 : -1);
}

void command_bitop(Call& c) {
  const bool is_not = c.is(1, "not");
  if (!is_not && !c.is(1, "and") && !c.is(1, "or") && !c.is(1, "xor")) return c.syntax_error();
  if (is_not && c.argc() != 4) return c.error("ERR BITOP NOT must be called with a single source key.");
  std::vector<std::string> sources;
  std::size_t longest = 0;
  for (std::size_t i = 3; i < c.argc(); ++i) {
    auto s = bytes_of(c, c.arg(i));
    if (!s) return;
    longest = std::max(longest, s->size());
    sources.push_back(std::move(*s));
  }
  for (std::string& s : sources) s.resize(longest, '\0');
  std::string out = sources[0];
  for (std::size_t i = 0; i < longest; ++i) {
    auto byte = static_cast<unsigned char>(out[i]);
    if (is_not) byte = static_cast<unsigned char>(~byte);
    for (std::size_t k = 1; k < sources.size(); ++k) {
      const auto other = static_cast<unsigned char>(sources[k][i]);
      byte = static_cast<unsigned char>(c.is(1, "and")  ? byte & other
                                        : c.is(1, "or") ? byte | other
                                                        : byte ^ other);
    }
    out[i] = static_cast<char>(byte);
  }
  if (longest == 0) {
    if (c.db().remove(c.arg(2))) {
      c.changed(c.arg(2));
      c.event('g', "del", c.arg(2));
    }
  } else {
    c.db().set_text(c.arg(2), out);
    c.changed(c.arg(2));
    c.event('$', "set", c.arg(2));
  }
  c.reply.integer(static_cast<std::int64_t>(longest));
}

}  // namespace node
