/// LCS: the longest common subsequence of two strings, its length, or where it lies in both.
#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "server/commands/types/handlers.h"
#include "server/engine/engine.h"
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

/// The lengths L of the common subsequences of all prefixes, as bits: whether L(i, j) is greater than L(i, j
/// - 1), 64 columns at a time (Hyyrö 2004, "Bit-parallel LCS-length computation revisited"). That tells all:
/// L(i, j) is the number of such steps in row i up to column j.
class Steps {
 public:
  /// `all_rows`: for grows(); else only the last one is kept.
  Steps(std::string_view a, std::string_view b, bool all_rows)
      : words_((b.size() + 63) / 64), rows_(words_ * (all_rows ? a.size() : 1)) {
    find_columns(a, b);
    std::vector<std::uint64_t> flat(words_, ~std::uint64_t{0});  // no step: the row above the first
    const std::uint64_t* above = flat.data();
    for (std::size_t i = 0; i < a.size(); ++i) {
      std::uint64_t* const row = &rows_[all_rows ? i * words_ : 0];
      fill(row, above, &columns_of_[first_[static_cast<unsigned char>(a[i])]]);
      above = row;
    }
    if (a.empty()) rows_ = std::move(flat);
  }
  /// i and j as in L, from 1 on.
  bool grows(std::size_t i, std::size_t j) const {
    return (rows_[(i - 1) * words_ + (j - 1) / 64] >> ((j - 1) % 64) & 1) == 0;
  }
  /// Of the common subsequence of both strings.
  std::size_t length() const {
    const std::uint64_t* const last = rows_.data() + (rows_.size() - words_);
    std::size_t flat = 0;
    for (std::size_t w = 0; w < words_; ++w) flat += static_cast<std::size_t>(std::popcount(last[w]));
    return words_ * 64 - flat;
  }

 private:
  /// Where in b each byte of a stands.
  void find_columns(std::string_view a, std::string_view b) {
    constexpr std::size_t kAbsent = SIZE_MAX;
    first_.fill(kAbsent);
    for (const char c : a)
      if (std::size_t& first = first_[static_cast<unsigned char>(c)]; first == kAbsent) {
        first = columns_of_.size();
        columns_of_.resize(first + words_);
      }
    for (std::size_t j = 0; j < b.size(); ++j)
      if (const std::size_t first = first_[static_cast<unsigned char>(b[j])]; first != kAbsent)
        columns_of_[first + j / 64] |= std::uint64_t{1} << (j % 64);
  }
  /// A step moves to the first column of the byte that stands between it and the step before: the carry finds
  /// it.
  void fill(std::uint64_t* row, const std::uint64_t* above, const std::uint64_t* columns) const {
    std::uint64_t carry = 0;
    for (std::size_t w = 0; w < words_; ++w) {
      const std::uint64_t flat = above[w], here = flat & columns[w];
      const std::uint64_t sum = flat + here, moved = sum + carry;
      carry = static_cast<std::uint64_t>(sum < flat || moved < sum);
      row[w] = moved | (flat & ~here);
    }
  }

  std::size_t words_;
  std::vector<std::uint64_t> rows_;        ///< a bit is 0 where the length grows
  std::vector<std::uint64_t> columns_of_;  ///< for each byte of a, words_ of them
  std::array<std::size_t, 256> first_{};   ///< where a byte's begin
};

/// A run of equal bytes: [a_first, a_last] and [b_first, b_last], inclusive.
struct Match {
  std::size_t a_first, a_last, b_first, b_last;
  std::size_t size() const { return a_last - a_first + 1; }
};

/// From the end of both strings to their beginning, joining neighbours into runs.
std::vector<Match> trace(std::string_view a, std::string_view b, const Steps& steps, std::string& common) {
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
    } else if (steps.grows(i, j)) {  // then L(i - 1, j) is the greater one
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
  // As many bytes as redis takes: what is refused there for its size is refused here.
  const auto most = static_cast<std::size_t>(c.engine.config.proto_max_bulk) / sizeof(std::uint32_t);
  if (a.size() + 1 > most / (b.size() + 1))
    return c.error("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
  const Steps steps(a, b, !q.length);
  const std::size_t length = steps.length();
  if (q.length) return c.reply.integer(static_cast<std::int64_t>(length));
  std::string common;
  auto matches = trace(a, b, steps, common);
  q.ranges ? reply_matches(c, q, std::move(matches), length) : c.reply.bulk(common);
}

}  // namespace node
