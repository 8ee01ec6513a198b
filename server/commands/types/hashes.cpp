/// Hashes.
#include <algorithm>
#include <cmath>

#include "server/commands/types/handlers.h"
#include "server/commands/types/scan.h"
#include "server/engine/values.h"
#include "server/keyspace/number.h"

namespace node {

namespace {

HashMap* hash_of(Call& c, bool& ok, bool for_write) {
  return c.value<HashMap>(c.arg(1), ok, for_write);
}

void reply_all(Call& c, bool fields, bool values) {
  bool ok = true;
  HashMap* hash = hash_of(c, ok, false);
  if (!ok) return;
  const std::size_t n = hash ? hash->size() : 0;
  fields&& values ? c.reply.map(n) : c.reply.array(n);
  if (!hash) return;
  hash->for_each([&](std::string_view f, std::string_view v) {
    if (fields) c.reply.bulk(f);
    if (values) c.reply.bulk(v);
    return true;
  });
}

}  // namespace

void command_hset(Call& c) {
  if (c.argc() % 2) return c.wrong_arity();
  HashMap* hash = value_or_new<HashMap>(c, c.arg(1));
  if (!hash) return;
  std::int64_t fresh = 0;
  for (std::size_t i = 2; i < c.argc(); i += 2) fresh += hash->set(c.arg(i), c.arg(i + 1));
  c.changed(c.arg(1), (c.argc() - 2) / 2);
  c.event('h', "hset", c.arg(1));
  c.command.name == "hmset" ? c.reply.ok() : c.reply.integer(fresh);
}

void command_hsetnx(Call& c) {
  bool ok = true;
  HashMap* hash = hash_of(c, ok, true);
  if (!ok) return;
  if (hash && hash->contains(c.arg(2))) return c.reply.integer(0);
  value_or_new<HashMap>(c, c.arg(1))->set(c.arg(2), c.arg(3));
  c.changed(c.arg(1));
  c.event('h', "hset", c.arg(1));
  c.reply.integer(1);
}

void command_hget(Call& c) {
  bool ok = true;
  HashMap* hash = hash_of(c, ok, false);
  if (!ok) return;
  char digits[24];
  const auto v = hash ? hash->get(c.arg(2), digits) : std::nullopt;
  v ? c.reply.bulk(*v) : c.reply.null();
}

void command_hmget(Call& c) {
  bool ok = true;
  HashMap* hash = hash_of(c, ok, false);
  if (!ok) return;
  c.reply.array(c.argc() - 2);
  char digits[24];
  for (std::size_t i = 2; i < c.argc(); ++i) {
    const auto v = hash ? hash->get(c.arg(i), digits) : std::nullopt;
    v ? c.reply.bulk(*v) : c.reply.null();
  }
}

void command_hdel(Call& c) {
  bool ok = true;
  HashMap* hash = hash_of(c, ok, true);
  if (!ok) return;
  std::uint64_t gone = 0;
  for (std::size_t i = 2; hash && i < c.argc(); ++i) gone += hash->erase(c.arg(i));
  if (gone) {
    c.event('h', "hdel", c.arg(1));
    c.drop_if_empty(c.arg(1), hash->empty());
    c.changed(c.arg(1), gone);
  }
  c.reply.integer(static_cast<std::int64_t>(gone));
}

void command_hlen(Call& c) {
  bool ok = true;
  HashMap* hash = hash_of(c, ok, false);
  if (ok) c.reply.integer(hash ? static_cast<std::int64_t>(hash->size()) : 0);
}

void command_hstrlen(Call& c) {
  bool ok = true;
  HashMap* hash = hash_of(c, ok, false);
  if (!ok) return;
  char digits[24];
  const auto v = hash ? hash->get(c.arg(2), digits) : std::nullopt;
  c.reply.integer(v ? static_cast<std::int64_t>(v->size()) : 0);
}

void command_hexists(Call& c) {
  bool ok = true;
  HashMap* hash = hash_of(c, ok, false);
  if (ok) c.reply.integer(hash && hash->contains(c.arg(2)));
}

void command_hgetall(Call& c) {
  reply_all(c, true, true);
}
void command_hkeys(Call& c) {
  reply_all(c, true, false);
}
void command_hvals(Call& c) {
  reply_all(c, false, true);
}

void command_hincrby(Call& c) {
  const auto by = c.integer(3);
  if (!by) return;
  bool ok = true;
  HashMap* hash = hash_of(c, ok, true);
  if (!ok) return;
  char digits[24];
  std::int64_t value = 0;
  if (const auto v = hash ? hash->get(c.arg(2), digits) : std::nullopt) {
    const auto n = parse_integer(*v);
    if (!n) return c.error("ERR hash value is not an integer");
    value = *n;
  }
  if (__builtin_add_overflow(value, *by, &value)) return c.error(error::overflow);
  if (!hash) hash = value_or_new<HashMap>(c, c.arg(1));
  hash->set(c.arg(2), std::string_view(digits, write_integer(digits, value)));
  c.changed(c.arg(1));
  c.event('h', "hincrby", c.arg(1));
  c.reply.integer(value);
}

void command_hincrbyfloat(Call& c) {
  const auto by = parse_long_double(c.arg(3));
  if (!by) return c.error(error::not_float);
  if (std::isinf(*by)) return c.error("ERR value is NaN or Infinity");
  bool ok = true;
  HashMap* hash = hash_of(c, ok, true);
  if (!ok) return;
  char digits[24];
  long double value = 0;
  if (const auto v = hash ? hash->get(c.arg(2), digits) : std::nullopt) {
    const auto n = parse_long_double(*v);
    if (!n) return c.error("ERR hash value is not a float");
    value = *n;
  }
  value += *by;
  if (std::isnan(value) || std::isinf(value)) return c.error("ERR increment would produce NaN or Infinity");
  const std::string text = format_long_double(value);
  if (!hash) hash = value_or_new<HashMap>(c, c.arg(1));
  hash->set(c.arg(2), text);
  c.propagate_as({"HSET", c.arg(1), c.arg(2), text});
  c.changed(c.arg(1));
  c.event('h', "hincrbyfloat", c.arg(1));
  c.reply.bulk(text);
}

std::int64_t picks_that_fit(const Call& c, std::int64_t count) {
  constexpr std::int64_t kSmallestPick = 4, kReplyBuffer = 16 * 1024;
  const std::int64_t limit = c.engine.config.output_limit("normal").hard;
  if (limit == 0 || c.client.kind != Session::Kind::normal) return count;
  return std::min(count, limit / kSmallestPick + kReplyBuffer);
}

void command_hrandfield(Call& c) {
  if (c.argc() > 4 || (c.argc() == 4 && !c.is(3, "withvalues"))) return c.syntax_error();
  std::optional<std::int64_t> count;
  if (c.argc() >= 3 && !(count = c.integer_in(2, -INT64_MAX / 2, INT64_MAX / 2))) return;
  const bool values = c.argc() == 4;
  bool ok = true;
  HashMap* hash = hash_of(c, ok, false);
  if (!ok) return;
  if (!count) return hash ? c.reply.bulk(hash->random(random_source()).first) : c.reply.null();
  if (!hash || *count == 0) return c.reply.array(0);
  std::vector<std::pair<std::string, std::string>> picked;
  if (*count < 0) {
    const std::int64_t picks = picks_that_fit(c, -*count);
    for (std::int64_t i = 0; i < picks; ++i) picked.push_back(hash->random(random_source()));
  } else {
    hash->for_each([&](std::string_view f, std::string_view v) { return picked.emplace_back(f, v), true; });
    const std::size_t n = std::min(static_cast<std::size_t>(*count), picked.size());
    for (std::size_t i = 0; i < n; ++i)
      std::swap(picked[i], picked[i + random_source().below(picked.size() - i)]);
    picked.resize(n);
  }
  const bool pairs = values && c.reply.resp() == 3;
  c.reply.array(values && !pairs ? picked.size() * 2 : picked.size());
  for (const auto& [f, v] : picked) {
    if (pairs) c.reply.array(2);
    c.reply.bulk(f);
    if (values) c.reply.bulk(v);
  }
}

void command_hscan(Call& c) {
  ScanOptions o;
  HashMap* hash = value_to_scan<HashMap>(c, o);
  if (!hash) return;
  std::vector<std::pair<std::string, std::string>> found;
  const auto step = [&](std::uint64_t cursor, std::size_t& seen) {
    return hash->scan(cursor, [&](std::string_view f, std::string_view v) {
      ++seen;
      if (o.matches(f)) found.emplace_back(f, v);
    });
  };
  const std::uint64_t cursor = walk(o, step);
  reply_scan(c, cursor, found.size() * 2);
  for (const auto& [f, v] : found) {
    c.reply.bulk(f);
    c.reply.bulk(v);
  }
}

}  // namespace node
