/// LCS: the longest common subsequence of two strings, its length, or where it lies in both.
#include <algorithm>

#include "server/commands/types/handlers.h"
#include "server/engine/reply_errors.h"

namespace node {

namespace {

struct LcsQuery {
  bool length = false, ranges = false, with_length = false;
  std::int64_t min_length = 0;
};

bool parse(Call& c, LcsQuery& q) {
  for (std::size_t i = 3; i < c.argc(); ++i) {
    if (c.is(i, "idx")) {
      q.ranges = true;
    } else if (c.is(i, "len")) {
      q.length = true;
    } else if (c.is(i, "withmatchlen")) {
      q.with_length = true;
    } else if (c.is(i, "minmatchlen") && i + 1 < c.argc()) {
      const auto n = c.integer(++i);
      if (!n) return false;
      q.min_length = std::max<std::int64_t>(0, *n);
    } else {
      c.syntax_error();
      return false;
    }
  }
  if (q.length && q.ranges) {
    c.error("ERR If you want both the length and indexes, please just use IDX.");
    return false;
  }
  return true;
}

/// Lengths of the common subsequences of all prefixes: (a + 1) x (b + 1), row by row.
class Lengths {
 public:
  Lengths(std::string_view a, std::string_view b) : width_(b.size() + 1), cells_((a.size() + 1) * width_) {
    for (std::size_t i = 1; i <= a.size(); ++i)
      for (std::size_t j = 1; j <= b.size(); ++j)
        cells_[i * width_ + j] =
            a[i - 1] == b[j - 1] ? at(i - 1, j - 1) + 1 : std::max(at(i - 1, j), at(i, j - 1));
  }
  std::uint32_t at(std::size_t i, std::size_t j) const { return cells_[i * width_ + j]; }

 private:
  std::size_t width_;
  std::vector<std::uint32_t> cells_;
};

/// A run of equal bytes: [a_first, a_last] and [b_first, b_last], inclusive.
struct Match {
  std::size_t a_first, a_last, b_first, b_last;
  std::size_t size() const { return a_last - a_first + 1; }
};

/// From the end of both strings to their beginning, joining neighbours into runs.
std::vector<Match> trace(std::string_view a, std::string_view b, const Lengths& lengths,
                         std::string& common) {
  std::vector<Match> matches;
  for (std::size_t i = a.size(), j = b.size(); i && j;) {
    if (a[i - 1] == b[j - 1]) {
      common += a[i - 1];
      --i, --j;
      if (!matches.empty() && matches.back().a_first == i + 1 && matches.back().b_first == j + 1) {
        matches.back().a_first = i;
        matches.back().b_first = j;
      } else {
        matches.push_back({i, i, j, j});
      }
    } else if (lengths.at(i - 1, j) > lengths.at(i, j - 1)) {
      --i;
    } else {
      --j;
    }
  }
  std::reverse(common.begin(), common.end());
  return matches;
}

void reply_matches(Call& c, const LcsQuery& q, std::vector<Match> matches, std::size_t length) {
  std::erase_if(matches, [&](const Match& m) { return static_cast<std::int64_t>(m.size()) < q.min_length; });
  c.reply.map(2);
  c.reply.bulk("matches");
  c.reply.array(matches.size());
  for (const Match& m : matches) {
    c.reply.array(q.with_length ? 3 : 2);
    for (const auto& [first, last] : {std::pair(m.a_first, m.a_last), std::pair(m.b_first, m.b_last)}) {
      c.reply.array(2);
      c.reply.integer(static_cast<std::int64_t>(first));
      c.reply.integer(static_cast<std::int64_t>(last));
    }
    if (q.with_length) c.reply.integer(static_cast<std::int64_t>(m.size()));
  }
  c.reply.bulk("len");
  c.reply.integer(static_cast<std::int64_t>(length));
}

}  // namespace

void command_lcs(Call& c) {
  std::string texts[2];
  for (std::size_t k = 0; k < 2; ++k) {
    Entry* e = c.db().read(c.arg(k + 1));
    char digits[24];
    if (e && e->type() != Type::string) return c.error("ERR The specified keys must contain string values");
    if (e) texts[k] = e->text(digits);
  }
  LcsQuery q;
  if (!parse(c, q)) return;
  const auto& [a, b] = texts;
  // The table takes four bytes a pair of bytes.
  constexpr std::size_t kPairsMax = std::size_t{1} << 30;
  if (a.size() + 1 > kPairsMax / (b.size() + 1))
    return c.error("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
  const Lengths lengths(a, b);
  const std::size_t length = lengths.at(a.size(), b.size());
  if (q.length) return c.reply.integer(static_cast<std::int64_t>(length));
  std::string common;
  auto matches = trace(a, b, lengths, common);
  q.ranges ? reply_matches(c, q, std::move(matches), length) : c.reply.bulk(common);
}

}  // namespace node
