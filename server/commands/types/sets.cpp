/// Sets and their algebra.
#include <algorithm>

#include "server/commands/types/handlers.h"
#include "server/commands/types/scan.h"
#include "server/engine/values.h"
#include "server/keyspace/number.h"

namespace node {

namespace {

/// The sets under the keys from … to-1, null for absent ones; empty optional after a WRONGTYPE answer.
std::optional<std::vector<Set*>> sets_of(Call& c, std::size_t from, std::size_t to) {
  std::vector<Set*> sets;
  bool ok = true;
  for (std::size_t i = from; i < to; ++i) {
    sets.push_back(c.value<Set>(c.arg(i), ok, false));
    if (!ok) return std::nullopt;
  }
  return sets;
}

using Emit = std::function<bool(std::string_view)>;

void intersect(std::vector<Set*> sets, const Emit& emit) {
  if (sets.empty() || std::find(sets.begin(), sets.end(), nullptr) != sets.end()) return;
  std::sort(sets.begin(), sets.end(), [](Set* a, Set* b) { return a->size() < b->size(); });
  sets[0]->for_each([&](std::string_view m) {
    for (std::size_t i = 1; i < sets.size(); ++i)
      if (!sets[i]->contains(m)) return true;
    return emit(m);
  });
}

Set unite(const std::vector<Set*>& sets) {
  Set all;
  for (Set* s : sets)
    if (s) s->for_each([&](std::string_view m) { return all.insert(m), true; });
  return all;
}

void subtract(const std::vector<Set*>& sets, const Emit& emit) {
  if (!sets[0]) return;
  sets[0]->for_each([&](std::string_view m) {
    for (std::size_t i = 1; i < sets.size(); ++i)
      if (sets[i] && sets[i]->contains(m)) return true;
    return emit(m);
  });
}

enum class Algebra { inter, unite, diff };

Set combine(Algebra how, const std::vector<Set*>& sets) {
  if (how == Algebra::unite) return unite(sets);
  Set out;
  const Emit emit = [&](std::string_view m) { return out.insert(m), true; };
  how == Algebra::inter ? intersect(sets, emit) : subtract(sets, emit);
  return out;
}

void reply_set(Call& c, const Set& set) {
  c.reply.set(set.size());
  set.for_each([&](std::string_view m) { return c.reply.bulk(m), true; });
}

void algebra(Call& c, Algebra how) {
  const auto sets = sets_of(c, 1, c.argc());
  if (sets) reply_set(c, combine(how, *sets));
}

void algebra_store(Call& c, Algebra how) {
  const auto sets = sets_of(c, 2, c.argc());
  if (!sets) return;
  Set result = combine(how, *sets);
  const std::size_t n = result.size();
  const std::string_view target = c.arg(1);
  if (n == 0) {
    if (c.db().remove(target)) {
      c.changed(target);
      c.event('g', "del", target);
    }
    return c.reply.integer(0);
  }
  c.db().set(target, std::make_unique<Set>(std::move(result)));
  c.changed(target);
  c.event('s', c.command.name, target);
  c.reply.integer(static_cast<std::int64_t>(n));
}

}  // namespace

void command_sadd(Call& c) {
  Set* set = value_or_new<Set>(c, c.arg(1));
  if (!set) return;
  std::uint64_t added = 0;
  for (std::size_t i = 2; i < c.argc(); ++i) added += set->insert(c.arg(i));
  if (added) {
    c.changed(c.arg(1), added);
    c.event('s', "sadd", c.arg(1));
  }
  c.reply.integer(static_cast<std::int64_t>(added));
}

void command_srem(Call& c) {
  bool ok = true;
  Set* set = c.value<Set>(c.arg(1), ok, true);
  if (!ok) return;
  std::uint64_t gone = 0;
  for (std::size_t i = 2; set && i < c.argc(); ++i) gone += set->erase(c.arg(i));
  if (gone) {
    c.event('s', "srem", c.arg(1));
    c.drop_if_empty(c.arg(1), set->empty());
    c.changed(c.arg(1), gone);
  }
  c.reply.integer(static_cast<std::int64_t>(gone));
}

void command_smove(Call& c) {
  bool ok = true;
  Set* from = c.value<Set>(c.arg(1), ok, true);
  if (!ok) return;
  if (!from) return c.reply.integer(0);
  Set* to = c.value<Set>(c.arg(2), ok, true);
  if (!ok) return;
  if (c.arg(1) == c.arg(2)) return c.reply.integer(from->contains(c.arg(3)));
  if (!from->erase(c.arg(3))) return c.reply.integer(0);
  if (!to) to = value_or_new<Set>(c, c.arg(2));
  const bool added = to->insert(c.arg(3));
  c.event('s', "srem", c.arg(1));
  from = c.value<Set>(c.arg(1), ok, true);
  c.drop_if_empty(c.arg(1), from->empty());
  c.changed(c.arg(1));
  if (added) {
    c.changed(c.arg(2));
    c.event('s', "sadd", c.arg(2));
  }
  c.reply.integer(1);
}

void command_sismember(Call& c) {
  bool ok = true;
  Set* set = c.value<Set>(c.arg(1), ok, false);
  if (ok) c.reply.integer(set && set->contains(c.arg(2)));
}

void command_smismember(Call& c) {
  bool ok = true;
  Set* set = c.value<Set>(c.arg(1), ok, false);
  if (!ok) return;
  c.reply.array(c.argc() - 2);
  for (std::size_t i = 2; i < c.argc(); ++i) c.reply.integer(set && set->contains(c.arg(i)));
}

void command_scard(Call& c) {
  bool ok = true;
  Set* set = c.value<Set>(c.arg(1), ok, false);
  if (ok) c.reply.integer(set ? static_cast<std::int64_t>(set->size()) : 0);
}

void command_smembers(Call& c) {
  bool ok = true;
  Set* set = c.value<Set>(c.arg(1), ok, false);
  if (!ok) return;
  set ? reply_set(c, *set) : c.reply.set(0);
}

void command_spop(Call& c) {
  if (c.argc() > 3) return c.syntax_error();
  std::optional<std::int64_t> count;
  if (c.argc() == 3 && !(count = c.integer_in(2, 0, INT64_MAX, error::positive))) return;
  bool ok = true;
  Set* set = c.value<Set>(c.arg(1), ok, true);
  if (!ok) return;
  if (!set) return count ? c.reply.set(0) : c.reply.null();
  const std::size_t n = count ? std::min(static_cast<std::size_t>(*count), set->size()) : 1;
  std::vector<std::string> gone;
  const bool all = n == set->size();
  if (all) {
    set->for_each([&](std::string_view m) { return gone.emplace_back(m), true; });
  } else {
    while (gone.size() < n) {
      gone.push_back(set->random(random_source()));
      set->erase(gone.back());
    }
  }
  if (count) c.reply.set(gone.size());
  for (const std::string& m : gone) c.reply.bulk(m);
  c.propagate_nothing();
  if (n == 0) return;
  c.event('s', "spop", c.arg(1));
  // Which members went is chance, so the effect is what others are told.
  if (all) c.drop_if_empty(c.arg(1), true);
  if (all && count) {
    c.propagate_as({"DEL", c.arg(1)});
  } else {
    std::vector<std::string_view> words{"SREM", c.arg(1)};
    words.insert(words.end(), gone.begin(), gone.end());
    c.propagate_as(words);
  }
  c.changed(c.arg(1), n);
}

void command_srandmember(Call& c) {
  if (c.argc() > 3) return c.syntax_error();
  std::optional<std::int64_t> count;
  if (c.argc() == 3 && !(count = c.integer_in(2, -INT64_MAX / 2, INT64_MAX / 2))) return;
  bool ok = true;
  Set* set = c.value<Set>(c.arg(1), ok, false);
  if (!ok) return;
  if (!count) return set ? c.reply.bulk(set->random(random_source())) : c.reply.null();
  if (!set || *count == 0) return c.reply.array(0);
  if (*count < 0) {
    const std::int64_t picks = picks_that_fit(c, -*count);
    c.reply.array(static_cast<std::size_t>(picks));
    for (std::int64_t i = 0; i < picks; ++i) c.reply.bulk(set->random(random_source()));
    return;
  }
  std::vector<std::string> all;
  set->for_each([&](std::string_view m) { return all.emplace_back(m), true; });
  const std::size_t n = std::min(static_cast<std::size_t>(*count), all.size());
  c.reply.array(n);
  for (std::size_t i = 0; i < n; ++i) {
    std::swap(all[i], all[i + random_source().below(all.size() - i)]);
    c.reply.bulk(all[i]);
  }
}

void command_sinter(Call& c) {
  algebra(c, Algebra::inter);
}
void command_sunion(Call& c) {
  algebra(c, Algebra::unite);
}
void command_sdiff(Call& c) {
  algebra(c, Algebra::diff);
}
void command_sinterstore(Call& c) {
  algebra_store(c, Algebra::inter);
}
void command_sunionstore(Call& c) {
  algebra_store(c, Algebra::unite);
}
void command_sdiffstore(Call& c) {
  algebra_store(c, Algebra::diff);
}

void command_sintercard(Call& c) {
  const auto numkeys = c.integer_in(1, 1, INT64_MAX, "ERR numkeys should be greater than 0");
  if (!numkeys) return;
  const auto last = static_cast<std::size_t>(*numkeys) + 2;
  if (last > c.argc()) return c.error("ERR Number of keys can't be greater than number of args");
  std::int64_t limit = 0;
  for (std::size_t i = last; i < c.argc(); i += 2) {
    if (!c.is(i, "limit") || i + 1 >= c.argc()) return c.syntax_error();
    const auto n = c.integer_in(i + 1, 0, INT64_MAX, "ERR LIMIT can't be negative");
    if (!n) return;
    limit = *n;
  }
  const auto sets = sets_of(c, 2, last);
  if (!sets) return;
  std::int64_t n = 0;
  intersect(*sets, [&](std::string_view) { return ++n != limit; });
  c.reply.integer(n);
}

void command_sscan(Call& c) {
  ScanOptions o;
  Set* set = value_to_scan<Set>(c, o);
  if (!set) return;
  std::vector<std::string> found;
  const auto step = [&](std::uint64_t cursor, std::size_t& seen) {
    return set->scan(cursor, [&](std::string_view m) {
      ++seen;
      if (o.matches(m)) found.emplace_back(m);
    });
  };
  const std::uint64_t cursor = walk(o, step);
  reply_scan(c, cursor, found.size());
  for (const std::string& m : found) c.reply.bulk(m);
}

}  // namespace node
