/// Sorted sets: ranges by rank, score and name; algebra between sets.
#include <algorithm>
#include <cmath>
#include <map>

#include "server/commands/types/handlers.h"
#include "server/engine/values.h"
#include "server/keyspace/number.h"

namespace node {

namespace {

/// With strtod and nothing more, as redis reads a bound: "" is 0 and 1e400 infinite, unlike in a score.
bool parse_score_bound(std::string_view text, double& value, bool& open) {
  open = text.starts_with('(');
  if (open) text.remove_prefix(1);
  const std::string terminated(text);
  char* end = nullptr;
  value = std::strtod(terminated.c_str(), &end);
  return *end == '\0' && !std::isnan(value);
}

bool parse_lex_bound(std::string_view text, LexRange::Bound& bound) {
  using Kind = LexRange::Kind;
  if (text == "-") return bound = {Kind::lowest, {}}, true;
  if (text == "+") return bound = {Kind::highest, {}}, true;
  if (text.starts_with('[')) return bound = {Kind::inclusive, std::string(text.substr(1))}, true;
  if (text.starts_with('(')) return bound = {Kind::exclusive, std::string(text.substr(1))}, true;
  return false;
}

enum class By { rank, score, lex };

struct RangeQuery {
  By by = By::rank;
  bool reverse = false, with_scores = false, limited = false;
  std::int64_t offset = 0, count = -1;
  std::int64_t start = 0, stop = 0;
  ScoreRange scores;
  LexRange lex;
};

/// LIMIT, WITHSCORES, BYSCORE, BYLEX, REV, as far as the command has them; `full` is ZRANGE itself.
bool parse_options(Call& c, std::size_t from, RangeQuery& q, bool full, bool storing) {
  for (std::size_t i = from; i < c.argc(); ++i) {
    if (!storing && c.is(i, "withscores")) {
      q.with_scores = true;
    } else if (c.is(i, "limit") && i + 2 < c.argc()) {
      const auto offset = c.integer(i + 1);
      if (!offset) return false;
      const auto count = c.integer(i + 2);
      if (!count) return false;
      q.offset = *offset;
      q.count = *count;
      q.limited = true;
      i += 2;
    } else if (full && c.is(i, "rev")) {
      q.reverse = true;
    } else if (full && c.is(i, "bylex")) {
      q.by = By::lex;
    } else if (full && c.is(i, "byscore")) {
      q.by = By::score;
    } else {
      c.syntax_error();
      return false;
    }
  }
  // A count of -1 is no LIMIT to redis.
  if (q.limited && q.count != -1 && q.by == By::rank) {
    c.error("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX");
    return false;
  }
  if (q.with_scores && q.by == By::lex) {
    c.error("ERR syntax error, WITHSCORES not supported in combination with BYLEX");
    return false;
  }
  return true;
}

bool parse_bounds(Call& c, std::size_t at, RangeQuery& q) {
  const std::size_t low = q.reverse && q.by != By::rank ? at + 1 : at, high = low == at ? at + 1 : at;
  if (q.by == By::rank) {
    const auto start = c.integer(at);
    if (!start) return false;
    const auto stop = c.integer(at + 1);
    if (!stop) return false;
    q.start = *start;
    q.stop = *stop;
    return true;
  }
  if (q.by == By::score) {
    if (parse_score_bound(c.arg(low), q.scores.min, q.scores.min_open) &&
        parse_score_bound(c.arg(high), q.scores.max, q.scores.max_open))
      return true;
    c.error("ERR min or max is not a float");
    return false;
  }
  if (parse_lex_bound(c.arg(low), q.lex.min) && parse_lex_bound(c.arg(high), q.lex.max)) return true;
  c.error("ERR min or max not valid string range item");
  return false;
}

/// The rank interval [first, second) that the query selects, its LIMIT included.
std::pair<std::size_t, std::size_t> select(const Zset& z, const RangeQuery& q) {
  if (q.by == By::rank) {
    const Span s = span_of(q.start, q.stop, z.size());
    if (s.empty) return {0, 0};
    if (!q.reverse) return {s.from, s.to + 1};
    return {z.size() - 1 - s.to, z.size() - s.from};
  }
  auto [from, to] = q.by == By::score ? z.ranks(q.scores) : z.ranks(q.lex);
  if (q.by == By::score && q.scores.empty()) return {0, 0};
  if (!q.limited) return {from, to};
  if (q.offset < 0 || static_cast<std::size_t>(q.offset) >= to - from) return {0, 0};
  const auto skip = static_cast<std::size_t>(q.offset);
  std::size_t n = to - from - skip;
  if (q.count >= 0) n = std::min(n, static_cast<std::size_t>(q.count));
  return q.reverse ? std::pair{to - skip - n, to - skip} : std::pair{from + skip, from + skip + n};
}

void answer(Call& c, const RangeQuery& q, std::string_view key) {
  bool ok = true;
  Zset* z = c.value<Zset>(key, ok, false);
  if (!ok) return;
  if (!z) return c.reply.array(0);
  const auto [from, to] = select(*z, q);
  const bool pairs = q.with_scores && c.reply.resp() == 3;
  c.reply.array(q.with_scores && !pairs ? (to - from) * 2 : to - from);
  z->for_ranks(from, to, q.reverse, [&](std::string_view m, double s) {
    if (pairs) c.reply.array(2);
    c.reply.bulk(m);
    if (q.with_scores) c.reply.real(s);
    return true;
  });
}

void range(Call& c, By by, bool reverse, bool full, bool options) {
  RangeQuery q;
  q.by = by;
  q.reverse = reverse;
  if (options && !parse_options(c, 4, q, full, false)) return;
  if (parse_bounds(c, 2, q)) answer(c, q, c.arg(1));
}

void store(Call& c, std::string_view key, Zset result) {
  const std::size_t n = result.size();
  if (n == 0) {
    if (c.db().remove(key)) {
      c.changed(key);
      c.event('g', "del", key);
    }
    return c.reply.integer(0);
  }
  c.db().set(key, std::make_unique<Zset>(std::move(result)));
  c.changed(key);
  c.event('z', c.command.name, key);
  c.reply.integer(static_cast<std::int64_t>(n));
}

void remove_range(Call& c, By by) {
  RangeQuery q;
  q.by = by;
  if (!parse_bounds(c, 2, q)) return;
  bool ok = true;
  Zset* z = c.value<Zset>(c.arg(1), ok, true);
  if (!ok) return;
  if (!z) return c.reply.integer(0);
  const auto [from, to] = select(*z, q);
  const std::size_t gone = z->erase_ranks(from, to);
  if (gone) c.event('z', c.command.name, c.arg(1));
  c.drop_if_empty(c.arg(1), z->empty());
  if (gone) c.changed(c.arg(1), gone);
  c.reply.integer(static_cast<std::int64_t>(gone));
}

void count(Call& c, By by) {
  RangeQuery q;
  q.by = by;
  if (!parse_bounds(c, 2, q)) return;
  bool ok = true;
  Zset* z = c.value<Zset>(c.arg(1), ok, false);
  if (!ok) return;
  if (!z) return c.reply.integer(0);
  const auto [from, to] = select(*z, q);
  c.reply.integer(static_cast<std::int64_t>(to - from));
}

// ---- algebra ----

enum class ZsetAlgebra { unite, inter, diff };
enum class Aggregate { sum, min, max };

/// One operand: a sorted set, or a plain set whose members score 1.
struct Operand {
  Zset* zset = nullptr;
  Set* set = nullptr;
  double weight = 1;
  std::size_t size() const { return zset ? zset->size() : set ? set->size() : 0; }
  std::optional<double> score(std::string_view m) const {
    if (zset) return zset->score(m);
    return set && set->contains(m) ? std::optional<double>(1) : std::nullopt;
  }
  void for_each(const Zset::Visit& visit) const {
    if (zset) zset->for_each(visit);
    if (set) set->for_each([&](std::string_view m) { return visit(m, 1); });
  }
};

double weighted(double score, double weight) {
  const double v = score * weight;
  return std::isnan(v) ? 0 : v;
}

double join(double a, double b, Aggregate how) {
  if (how == Aggregate::min) return std::min(a, b);
  if (how == Aggregate::max) return std::max(a, b);
  const double sum = a + b;
  return std::isnan(sum) ? 0 : sum;  // inf + -inf
}

struct AlgebraQuery {
  std::vector<Operand> operands;
  Aggregate aggregate = Aggregate::sum;
  bool with_scores = false;
  std::int64_t limit = 0;
};

/// numkeys key … [WEIGHTS w …] [AGGREGATE …] [WITHSCORES] from argv[at].
bool parse_algebra(Call& c, std::size_t at, ZsetAlgebra how, bool storing, bool card, AlgebraQuery& q) {
  const auto numkeys = c.integer(at);
  if (!numkeys) return false;
  if (*numkeys < 1) {
    c.error("ERR at least 1 input key is needed for '" + std::string(c.command.name) + "' command");
    return false;
  }
  if (static_cast<std::uint64_t>(*numkeys) > c.argc() - at - 1) {
    c.syntax_error();
    return false;
  }
  const std::size_t n = static_cast<std::size_t>(*numkeys);
  for (std::size_t i = 0; i < n; ++i) {
    Operand o;
    if (Entry* e = c.db().read(c.arg(at + 1 + i))) {
      if (auto* z = std::get_if<std::unique_ptr<Zset>>(&e->value)) {
        o.zset = z->get();
      } else if (auto* s = std::get_if<std::unique_ptr<Set>>(&e->value)) {
        o.set = s->get();
      } else {
        c.wrong_type();
        return false;
      }
    }
    q.operands.push_back(o);
  }
  for (std::size_t i = at + 1 + n; i < c.argc(); ++i) {
    if (card && c.is(i, "limit") && i + 1 < c.argc()) {
      const auto limit = c.integer_in(++i, 0, INT64_MAX, "ERR LIMIT can't be negative");
      if (!limit) return false;
      q.limit = *limit;
    } else if (!card && how != ZsetAlgebra::diff && c.is(i, "weights") && i + n < c.argc()) {
      for (std::size_t k = 0; k < n; ++k) {
        const auto w = parse_double(c.arg(++i));
        if (!w) {
          c.error("ERR weight value is not a float");
          return false;
        }
        q.operands[k].weight = *w;
      }
    } else if (!card && how != ZsetAlgebra::diff && c.is(i, "aggregate") && i + 1 < c.argc()) {
      ++i;
      if (c.is(i, "sum"))
        q.aggregate = Aggregate::sum;
      else if (c.is(i, "min"))
        q.aggregate = Aggregate::min;
      else if (c.is(i, "max"))
        q.aggregate = Aggregate::max;
      else
        return c.syntax_error(), false;
    } else if (!storing && !card && c.is(i, "withscores")) {
      q.with_scores = true;
    } else {
      c.syntax_error();
      return false;
    }
  }
  return true;
}

Zset combine(ZsetAlgebra how, const AlgebraQuery& q) {
  Zset out;
  if (how == ZsetAlgebra::unite) {
    for (const Operand& o : q.operands)
      o.for_each([&](std::string_view m, double s) {
        const double v = weighted(s, o.weight);
        const auto old = out.score(m);
        out.set(m, old ? join(*old, v, q.aggregate) : v);
        return true;
      });
    return out;
  }
  const Operand& first = q.operands[0];
  first.for_each([&](std::string_view m, double s) {
    double score = how == ZsetAlgebra::diff ? s : weighted(s, first.weight);
    for (std::size_t i = 1; i < q.operands.size(); ++i) {
      const auto other = q.operands[i].score(m);
      if (other.has_value() == (how == ZsetAlgebra::diff)) return true;
      if (other) score = join(score, weighted(*other, q.operands[i].weight), q.aggregate);
    }
    out.set(m, score);
    return q.limit == 0 || out.size() < static_cast<std::size_t>(q.limit);
  });
  return out;
}

void zset_algebra(Call& c, ZsetAlgebra how) {
  AlgebraQuery q;
  if (!parse_algebra(c, 1, how, false, false, q)) return;
  const Zset result = combine(how, q);
  const bool pairs = q.with_scores && c.reply.resp() == 3;
  c.reply.array(q.with_scores && !pairs ? result.size() * 2 : result.size());
  result.for_each([&](std::string_view m, double s) {
    if (pairs) c.reply.array(2);
    c.reply.bulk(m);
    if (q.with_scores) c.reply.real(s);
    return true;
  });
}

void zset_algebra_store(Call& c, ZsetAlgebra how) {
  AlgebraQuery q;
  if (parse_algebra(c, 2, how, true, false, q)) store(c, c.arg(1), combine(how, q));
}

}  // namespace

void command_zrange(Call& c) {
  range(c, By::rank, false, true, true);
}

void command_zrevrange(Call& c) {
  range(c, By::rank, true, false, true);
}
void command_zrangebyscore(Call& c) {
  range(c, By::score, false, false, true);
}
void command_zrevrangebyscore(Call& c) {
  range(c, By::score, true, false, true);
}
void command_zrangebylex(Call& c) {
  range(c, By::lex, false, false, true);
}
void command_zrevrangebylex(Call& c) {
  range(c, By::lex, true, false, true);
}

void command_zrangestore(Call& c) {
  RangeQuery q;
  if (!parse_options(c, 5, q, true, true) || !parse_bounds(c, 3, q)) return;
  bool ok = true;
  Zset* z = c.value<Zset>(c.arg(2), ok, false);
  if (!ok) return;
  Zset result;
  if (z) {
    const auto [from, to] = select(*z, q);
    z->for_ranks(from, to, q.reverse, [&](std::string_view m, double s) { return result.set(m, s), true; });
  }
  store(c, c.arg(1), std::move(result));
}

void command_zremrangebyrank(Call& c) {
  remove_range(c, By::rank);
}
void command_zremrangebyscore(Call& c) {
  remove_range(c, By::score);
}
void command_zremrangebylex(Call& c) {
  remove_range(c, By::lex);
}
void command_zcount(Call& c) {
  count(c, By::score);
}
void command_zlexcount(Call& c) {
  count(c, By::lex);
}
void command_zunion(Call& c) {
  zset_algebra(c, ZsetAlgebra::unite);
}
void command_zinter(Call& c) {
  zset_algebra(c, ZsetAlgebra::inter);
}
void command_zdiff(Call& c) {
  zset_algebra(c, ZsetAlgebra::diff);
}
void command_zunionstore(Call& c) {
  zset_algebra_store(c, ZsetAlgebra::unite);
}
void command_zinterstore(Call& c) {
  zset_algebra_store(c, ZsetAlgebra::inter);
}
void command_zdiffstore(Call& c) {
  zset_algebra_store(c, ZsetAlgebra::diff);
}

void command_zintercard(Call& c) {
  AlgebraQuery q;
  if (!parse_algebra(c, 1, ZsetAlgebra::inter, false, true, q)) return;
  c.reply.integer(static_cast<std::int64_t>(combine(ZsetAlgebra::inter, q).size()));
}

}  // namespace node
