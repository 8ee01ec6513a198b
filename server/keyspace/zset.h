/// A sorted set: a listpack of member, score, … in order while small; afterwards a skip list in order of
/// (score, member) whose nodes are at the same time the nodes of a hash table by member.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "server/keyspace/dict.h"
#include "server/keyspace/listpack.h"
#include "server/keyspace/skiplist.h"

namespace node {

/// Bounds of ZRANGEBYSCORE: (a, b], -inf, +inf.
struct ScoreRange {
  double min = 0, max = 0;
  bool min_open = false, max_open = false;
  bool above_min(double s) const { return min_open ? s > min : s >= min; }
  bool below_max(double s) const { return max_open ? s < max : s <= max; }
  bool empty() const { return min > max || (min == max && (min_open || max_open)); }
};

/// Bounds of ZRANGEBYLEX: "[a", "(a", "-", "+".
struct LexRange {
  enum class Kind : std::uint8_t { lowest, highest, inclusive, exclusive };
  struct Bound {
    Kind kind = Kind::lowest;
    std::string text;
  };
  Bound min, max;
  bool above_min(std::string_view m) const;
  bool below_max(std::string_view m) const;
};

class Zset {
 public:
  /// Answers false to stop.
  using Visit = std::function<bool(std::string_view member, double score)>;

  Zset() = default;
  Zset(const Zset& other);
  Zset(Zset&&) = default;
  Zset& operator=(Zset&&) = default;

  std::size_t size() const;
  bool empty() const { return size() == 0; }
  std::optional<double> score(std::string_view member) const;
  /// True when the member is new.
  bool set(std::string_view member, double score);
  bool erase(std::string_view member);
  /// 0-based place in ascending order.
  std::optional<std::size_t> rank(std::string_view member) const;

  /// How many members lie below the range's minimum, and how many not above its maximum: the two ends of the
  /// half-open rank interval [first, second) that the range covers.
  std::pair<std::size_t, std::size_t> ranks(const ScoreRange& range) const;
  std::pair<std::size_t, std::size_t> ranks(const LexRange& range) const;

  /// Members of rank from … to-1, ascending or, with reverse, from to-1 down to from.
  void for_ranks(std::size_t from, std::size_t to, bool reverse, const Visit& visit) const;
  void for_each(const Visit& visit) const { for_ranks(0, size(), false, visit); }
  std::uint64_t scan(std::uint64_t cursor, const std::function<void(std::string_view, double)>& visit) const;
  std::size_t erase_ranks(std::size_t from, std::size_t to);

  const Listpack* compact() const { return std::get_if<Listpack>(&form_); }
  /// REQUIRES: member, score pairs in order, members distinct.
  void adopt(Listpack pack) { form_ = std::move(pack); }
  std::size_t memory() const;

 private:
  SkipList& unpack();
  template <class AboveMin, class BelowMax>
  std::pair<std::size_t, std::size_t> ranks_by(AboveMin above, BelowMax below) const;
  std::variant<Listpack, SkipList> form_;
};

}  // namespace node
