/// What SCAN, SSCAN, HSCAN and ZSCAN share: cursor, MATCH, COUNT, TYPE.
#pragma once

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

inline bool parse_scan(Call& c, std::size_t cursor_at, ScanOptions& o, bool with_type) {
  const auto cursor = parse_unsigned(c.arg(cursor_at));
  if (!cursor) {
    c.error(error::cursor);
    return false;
  }
  o.cursor = *cursor;
  for (std::size_t i = cursor_at + 1; i < c.argc(); i += 2) {
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

/// The reply up to its elements, so many of which follow.
inline void reply_scan(Call& c, std::uint64_t cursor, std::size_t elements) {
  c.reply.array(2);
  c.reply.bulk(std::to_string(cursor));
  c.reply.array(elements);
}

}  // namespace node
