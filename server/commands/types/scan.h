/// What SCAN, SSCAN, HSCAN and ZSCAN share: cursor, MATCH, COUNT, TYPE.
#pragma once

#include <cerrno>
#include <cstdlib>

#include "server/engine/call.h"
#include "server/engine/reply_errors.h"
#include "server/keyspace/glob.h"
#include "server/keyspace/number.h"

namespace node {

struct ScanOptions {
  std::uint64_t cursor = 0;
  std::size_t count = 10;
  std::optional<std::string> pattern;
  std::string type;
  bool matches(std::string_view name) const {
    return !pattern || *pattern == "*" || glob_match(*pattern, name);
  }
};

/// As redis reads it: with strtoul, so that "" is 0 and "-1" the highest.
inline bool parse_cursor(Call& c, std::size_t at, ScanOptions& o) {
  const std::string text(c.arg(at));
  char* end = nullptr;
  errno = 0;
  o.cursor = std::strtoul(text.c_str(), &end, 10);
  if (!std::isspace(static_cast<unsigned char>(text[0])) && *end == '\0' && errno != ERANGE) return true;
  c.error(error::cursor);
  return false;
}

/// The options from word `from` on.
inline bool parse_scan_options(Call& c, std::size_t from, ScanOptions& o, bool with_type) {
  for (std::size_t i = from; i < c.argc(); i += 2) {
    if (i + 1 >= c.argc()) {
      c.syntax_error();
      return false;
    }
    if (c.is(i, "match")) {
      o.pattern = c.arg(i + 1);
    } else if (c.is(i, "count")) {
      const auto n = c.integer(i + 1);
      if (!n) return false;
      if (*n < 1) {
        c.syntax_error();
        return false;
      }
      o.count = static_cast<std::size_t>(*n);
    } else if (with_type && c.is(i, "type")) {
      o.type = c.arg(i + 1);
      for (char& ch : o.type) ch = static_cast<char>(std::tolower(static_cast<unsigned char>(ch)));
    } else {
      c.syntax_error();
      return false;
    }
  }
  return true;
}

/// The reply up to its elements, so many of which follow.
inline void reply_scan(Call& c, std::uint64_t cursor, std::size_t elements) {
  c.reply.array(2);
  c.reply.bulk(std::to_string(cursor));
  c.reply.array(elements);
}

/// Cursor, value and options of SSCAN, HSCAN and ZSCAN, in the order in which redis looks at them. Null: the
/// reply is written, an error or what there is to say of a key that is not there.
template <typename T>
T* value_to_scan(Call& c, ScanOptions& o) {
  if (!parse_cursor(c, 2, o)) return nullptr;
  bool ok = true;
  T* value = c.value<T>(c.arg(1), ok, false);
  if (!ok) return nullptr;
  if (value) return parse_scan_options(c, 3, o, false) ? value : nullptr;
  reply_scan(c, 0, 0);
  return nullptr;
}

/// Goes on from the cursor until COUNT elements were seen, or ten times as many buckets visited:
/// `step(cursor, seen)` visits one, counts its elements and returns the next cursor. The cursor of the reply;
/// 0: all done.
template <typename Step>
std::uint64_t walk(const ScanOptions& o, Step step) {
  std::uint64_t cursor = o.cursor;
  std::size_t rounds = o.count * 10, seen = 0;
  do cursor = step(cursor, seen);
  while (cursor && --rounds && seen < o.count);
  return cursor;
}

}  // namespace node
