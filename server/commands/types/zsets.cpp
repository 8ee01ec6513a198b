/// Sorted sets: members, scores, pops.
#include <algorithm>
#include <cmath>

#include "server/commands/types/handlers.h"
#include "server/commands/types/multi_pop.h"
#include "server/commands/types/scan.h"
#include "server/engine/values.h"
#include "server/keyspace/number.h"

namespace node {

namespace {

struct AddFlags {
  bool nx = false, xx = false, gt = false, lt = false, ch = false, incr = false;
};

/// Options before the scores; returns where these begin, or nothing after an answer.
std::optional<std::size_t> parse_add(Call& c, AddFlags& f) {
  std::size_t i = 2;
  for (; i < c.argc(); ++i) {
    if (c.is(i, "nx"))
      f.nx = true;
    else if (c.is(i, "xx"))
      f.xx = true;
    else if (c.is(i, "gt"))
      f.gt = true;
    else if (c.is(i, "lt"))
      f.lt = true;
    else if (c.is(i, "ch"))
      f.ch = true;
    else if (c.is(i, "incr"))
      f.incr = true;
    else
      break;
  }
  const std::size_t left = c.argc() - i;
  if (left == 0 || left % 2) {
    c.syntax_error();
  } else if (f.nx && f.xx) {
    c.error("ERR XX and NX options at the same time are not compatible");
  } else if ((f.gt && f.nx) || (f.lt && f.nx) || (f.gt && f.lt)) {
    c.error("ERR GT, LT, and/or NX options at the same time are not compatible");
  } else if (f.incr && left > 2) {
    c.error("ERR INCR option supports a single increment-element pair");
  } else {
    return i;
  }
  return std::nullopt;
}

enum class Added { none, added, updated, same, nan };

Added add_one(Zset& z, std::string_view member, double& score, const AddFlags& f) {
  const auto old = z.score(member);
  if ((f.nx && old) || (f.xx && !old)) return Added::none;
  if (old) {
    if (f.incr) score += *old;
    if (std::isnan(score)) return Added::nan;
    if ((f.gt && score <= *old) || (f.lt && score >= *old)) return Added::none;
    if (score == *old) return Added::same;
    z.set(member, score);
    return Added::updated;
  }
  z.set(member, score);
  return Added::added;
}

void add(Call& c, AddFlags f, std::size_t from) {
  std::vector<double> scores;
  for (std::size_t i = from; i < c.argc(); i += 2) {
    const auto s = c.real(i);
    if (!s) return;
    scores.push_back(*s);
  }
  bool ok = true;
  Zset* z = c.value<Zset>(c.arg(1), ok, true);
  if (!ok) return;
  if (!z) {
    if (f.xx) return f.incr ? c.reply.null() : c.reply.integer(0);
    z = value_or_new<Zset>(c, c.arg(1));
  }
  std::int64_t added = 0, updated = 0;
  bool processed = false;
  double score = 0;
  for (std::size_t i = from, k = 0; i < c.argc(); i += 2, ++k) {
    score = scores[k];
    const Added what = add_one(*z, c.arg(i + 1), score, f);
    if (what == Added::nan) {
      c.error("ERR resulting score is not a number (NaN)");
      break;
    }
    added += what == Added::added;
    updated += what == Added::updated;
    processed |= what != Added::none;
  }
  const bool nan = f.incr && std::isnan(score);
  if (added || updated) {
    c.changed(c.arg(1), static_cast<std::uint64_t>(added + updated));
    c.event('z', f.incr ? "zincr" : "zadd", c.arg(1));
  }
  if (z->empty()) c.db().remove(c.arg(1));  // made for nothing: it never was
  if (nan) return;
  if (f.incr) return processed ? c.reply.real(score) : c.reply.null();
  c.reply.integer(f.ch ? added + updated : added);
}

void pop_end(Call& c, bool max) {
  if (c.argc() > 3) return c.syntax_error();
  std::optional<std::int64_t> count;
  if (c.argc() == 3 && !(count = c.integer_in(2, 0, INT64_MAX, error::positive))) return;
  bool ok = true;
  Zset* z = c.value<Zset>(c.arg(1), ok, true);
  if (!ok) return;
  if (!z) return c.reply.array(0);
  const std::size_t n = std::min(count ? static_cast<std::size_t>(*count) : 1, z->size());
  const bool pairs = count && c.reply.resp() == 3;
  c.reply.array(pairs ? n : n * 2);
  const std::size_t size = z->size(), from = max ? size - n : 0, to = max ? size : n;
  z->for_ranks(from, to, max, [&](std::string_view m, double s) {
    if (pairs) c.reply.array(2);
    c.reply.bulk(m);
    c.reply.real(s);
    return true;
  });
  if (n == 0) return;
  z->erase_ranks(from, to);
  c.event('z', max ? "zpopmax" : "zpopmin", c.arg(1));
  c.drop_if_empty(c.arg(1), z->empty());
  c.changed(c.arg(1), n);
}

void blocking_pop_end(Call& c, bool max) {
  std::int64_t deadline = 0;
  if (!blocking_deadline(c, c.argc() - 1, deadline)) return;
  std::vector<std::string> keys;
  for (std::size_t i = 1; i + 1 < c.argc(); ++i) {
    bool ok = true;
    const std::string_view key = c.arg(i);
    Zset* z = c.value<Zset>(key, ok, true);
    if (!ok) return;
    keys.emplace_back(key);
    if (!z) continue;
    const std::size_t at = max ? z->size() - 1 : 0;
    c.reply.array(3);
    c.reply.bulk(key);
    z->for_ranks(at, at + 1, false, [&](std::string_view m, double s) {
      c.reply.bulk(m);
      c.reply.real(s);
      return true;
    });
    z->erase_ranks(at, at + 1);
    c.event('z', max ? "zpopmax" : "zpopmin", key);
    c.drop_if_empty(key, z->empty());
    c.propagate_as({max ? "ZPOPMAX" : "ZPOPMIN", key});
    return c.changed(key);
  }
  c.block(std::move(keys), Type::zset, deadline, true);
}

void multi_pop_ends(Call& c, std::size_t numkeys_at, bool blocks) {
  const auto pop = parse_multi_pop(c, numkeys_at, blocks, [&](std::size_t at) {
    const bool names_end = c.is(at, "min") || c.is(at, "max");
    if (!names_end) c.syntax_error();
    return names_end;
  });
  if (!pop) return;
  const bool max = c.is(pop->end, "max");
  std::vector<std::string> keys;
  for (std::size_t i = pop->first_key; i < pop->end; ++i) {
    bool ok = true;
    Zset* z = c.value<Zset>(c.arg(i), ok, true);
    if (!ok) return;
    keys.emplace_back(c.arg(i));
    if (!z) continue;
    const std::size_t n = std::min(pop->count, z->size());
    const std::size_t from = max ? z->size() - n : 0, to = from + n;
    c.reply.array(2);
    c.reply.bulk(c.arg(i));
    c.reply.array(n);
    z->for_ranks(from, to, max, [&](std::string_view m, double s) {
      c.reply.array(2);
      c.reply.bulk(m);
      c.reply.real(s);
      return true;
    });
    z->erase_ranks(from, to);
    c.event('z', max ? "zpopmax" : "zpopmin", c.arg(i));
    c.drop_if_empty(c.arg(i), z->empty());
    c.propagate_as({max ? "ZPOPMAX" : "ZPOPMIN", c.arg(i), std::to_string(n)});
    return c.changed(c.arg(i), n);
  }
  if (!blocks) return c.reply.null_array();
  c.block(std::move(keys), Type::zset, pop->deadline_ms, true);
}

void rank(Call& c, bool reverse) {
  bool ok = true;
  Zset* z = c.value<Zset>(c.arg(1), ok, false);
  if (!ok) return;
  const auto at = z ? z->rank(c.arg(2)) : std::nullopt;
  if (!at) return c.reply.null();
  c.reply.integer(static_cast<std::int64_t>(reverse ? z->size() - 1 - *at : *at));
}

}  // namespace

void command_zadd(Call& c) {
  AddFlags f;
  if (const auto from = parse_add(c, f)) add(c, f, *from);
}

void command_zincrby(Call& c) {
  AddFlags f;
  f.incr = true;
  add(c, f, 2);
}

void command_zrem(Call& c) {
  bool ok = true;
  Zset* z = c.value<Zset>(c.arg(1), ok, true);
  if (!ok) return;
  std::uint64_t gone = 0;
  for (std::size_t i = 2; z && i < c.argc(); ++i) gone += z->erase(c.arg(i));
  if (gone) {
    c.event('z', "zrem", c.arg(1));
    c.drop_if_empty(c.arg(1), z->empty());
    c.changed(c.arg(1), gone);
  }
  c.reply.integer(static_cast<std::int64_t>(gone));
}

void command_zcard(Call& c) {
  bool ok = true;
  Zset* z = c.value<Zset>(c.arg(1), ok, false);
  if (ok) c.reply.integer(z ? static_cast<std::int64_t>(z->size()) : 0);
}

void command_zscore(Call& c) {
  bool ok = true;
  Zset* z = c.value<Zset>(c.arg(1), ok, false);
  if (!ok) return;
  const auto s = z ? z->score(c.arg(2)) : std::nullopt;
  s ? c.reply.real(*s) : c.reply.null();
}

void command_zmscore(Call& c) {
  bool ok = true;
  Zset* z = c.value<Zset>(c.arg(1), ok, false);
  if (!ok) return;
  c.reply.array(c.argc() - 2);
  for (std::size_t i = 2; i < c.argc(); ++i) {
    const auto s = z ? z->score(c.arg(i)) : std::nullopt;
    s ? c.reply.real(*s) : c.reply.null();
  }
}

void command_zrank(Call& c) {
  rank(c, false);
}
void command_zrevrank(Call& c) {
  rank(c, true);
}
void command_zpopmin(Call& c) {
  pop_end(c, false);
}
void command_zpopmax(Call& c) {
  pop_end(c, true);
}
void command_bzpopmin(Call& c) {
  blocking_pop_end(c, false);
}
void command_bzpopmax(Call& c) {
  blocking_pop_end(c, true);
}
void command_zmpop(Call& c) {
  multi_pop_ends(c, 1, false);
}
void command_bzmpop(Call& c) {
  multi_pop_ends(c, 2, true);
}

void command_zrandmember(Call& c) {
  if (c.argc() > 4 || (c.argc() == 4 && !c.is(3, "withscores"))) return c.syntax_error();
  std::optional<std::int64_t> count;
  if (c.argc() >= 3 && !(count = c.integer_in(2, -INT64_MAX / 2, INT64_MAX / 2))) return;
  const bool scores = c.argc() == 4;
  bool ok = true;
  Zset* z = c.value<Zset>(c.arg(1), ok, false);
  if (!ok) return;
  auto pick = [&](std::size_t at, const Zset::Visit& visit) { z->for_ranks(at, at + 1, false, visit); };
  if (!count) {
    if (!z) return c.reply.null();
    return pick(random_source().below(z->size()),
                [&](std::string_view m, double) { return c.reply.bulk(m), true; });
  }
  if (!z || *count == 0) return c.reply.array(0);
  std::vector<std::size_t> chosen;
  if (*count < 0) {
    const std::int64_t picks = picks_that_fit(c, -*count);
    for (std::int64_t i = 0; i < picks; ++i) chosen.push_back(random_source().below(z->size()));
  } else {
    for (std::size_t i = 0; i < z->size(); ++i) chosen.push_back(i);
    const std::size_t n = std::min(static_cast<std::size_t>(*count), chosen.size());
    for (std::size_t i = 0; i < n; ++i)
      std::swap(chosen[i], chosen[i + random_source().below(chosen.size() - i)]);
    chosen.resize(n);
  }
  const bool pairs = scores && c.reply.resp() == 3;
  c.reply.array(scores && !pairs ? chosen.size() * 2 : chosen.size());
  for (std::size_t at : chosen)
    pick(at, [&](std::string_view m, double s) {
      if (pairs) c.reply.array(2);
      c.reply.bulk(m);
      if (scores) c.reply.real(s);
      return true;
    });
}

void command_zscan(Call& c) {
  ScanOptions o;
  Zset* z = value_to_scan<Zset>(c, o);
  if (!z) return;
  std::vector<std::pair<std::string, double>> found;
  const auto step = [&](std::uint64_t cursor, std::size_t& seen) {
    return z->scan(cursor, [&](std::string_view m, double s) {
      ++seen;
      if (o.matches(m)) found.emplace_back(m, s);
    });
  };
  const std::uint64_t cursor = walk(o, step);
  reply_scan(c, cursor, found.size() * 2);
  for (const auto& [m, s] : found) {
    c.reply.bulk(m);
    c.reply.bulk_double(s);
  }
}

}  // namespace node
