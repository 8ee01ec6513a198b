/// Strings and counters.
#include <algorithm>
#include <cmath>
#include <limits>

#include "server/commands/types/handlers.h"
#include "server/engine/values.h"
#include "server/keyspace/number.h"

namespace node {

namespace {

/// The string under key; null when absent. `ok` false: wrong type, answered.
Entry* string_entry(Call& c, std::string_view key, bool& ok, bool for_write) {
  Entry* e = for_write ? c.db().change(key) : c.db().read(key);
  if (e && e->type() != Type::string) {
    ok = false;
    c.wrong_type();
    return nullptr;
  }
  return e;
}

void get_generic(Call& c, std::string_view key) {
  bool ok = true;
  Entry* e = string_entry(c, key, ok, false);
  if (!ok) return;
  if (!e || c.seeded(c.in_script() ? Defect::kScriptReadsNothing : Defect::kReadMisses))
    return c.reply.null();
  char digits[24];
  c.reply.bulk(e->text(digits));
}

bool length_allowed(Call& c, std::uint64_t length) {
  if (length <= static_cast<std::uint64_t>(c.engine.config.proto_max_bulk)) return true;
  c.error(error::too_long);
  return false;
}

/// EX/PX/EXAT/PXAT n, as an absolute time in ms; answers when it is invalid.
std::optional<std::int64_t> expiry_of(Call& c, std::string_view unit, std::size_t value_at) {
  const auto n = c.integer(value_at);
  if (!n) return std::nullopt;
  const bool seconds = unit == "ex" || unit == "exat", relative = unit == "ex" || unit == "px";
  std::int64_t at = *n;
  if (*n <= 0 || (seconds && __builtin_mul_overflow(*n, 1000, &at)) ||
      (relative && __builtin_add_overflow(at, c.engine.state.now_ms, &at))) {
    c.error("ERR invalid expire time in '" + std::string(c.command.name) + "' command");
    return std::nullopt;
  }
  return at;
}

constexpr std::string_view kExpiryUnits[] = {"ex", "px", "exat", "pxat"};

std::string_view expiry_unit(const Call& c, std::size_t i) {
  for (std::string_view unit : kExpiryUnits)
    if (c.is(i, unit)) return unit;
  return {};
}

struct SetOptions {
  bool nx = false, xx = false, get = false, keep_ttl = false;
  std::optional<std::int64_t> at_ms;
};

bool parse_set(Call& c, SetOptions& o) {
  std::string_view time_unit;
  std::size_t time_at = 0;  // the time itself is looked at when the rest is understood
  for (std::size_t i = 3; i < c.argc(); ++i) {
    const std::string_view unit = expiry_unit(c, i);
    if (c.is(i, "nx") && !o.xx) {
      o.nx = true;
    } else if (c.is(i, "xx") && !o.nx) {
      o.xx = true;
    } else if (c.is(i, "get")) {
      o.get = true;
    } else if (c.is(i, "keepttl") && time_at == 0) {
      o.keep_ttl = true;
    } else if (!unit.empty() && !o.keep_ttl && time_at == 0 && i + 1 < c.argc()) {
      time_unit = unit;
      time_at = ++i;
    } else {
      c.syntax_error();
      return false;
    }
  }
  if (time_at > 0) o.at_ms = expiry_of(c, time_unit, time_at);
  return time_at == 0 || o.at_ms;
}

/// A key set with a time to live: the time is propagated as an absolute one.
void store_with_expiry(Call& c, std::string_view key, std::string_view text, std::int64_t at_ms) {
  c.db().set_text(key, text);
  c.db().set_expiry(*c.db().lookup(key), at_ms);
  c.propagate_as({"SET", key, text, "PXAT", std::to_string(at_ms)});
}

void put(Call& c, std::string_view key, std::string_view text, std::optional<std::int64_t> at_ms,
         bool keep_ttl) {
  if (at_ms && *at_ms <= c.engine.state.now_ms && !c.engine.ports.replication.is_replica() &&
      !c.engine.loading) {
    c.db().remove(key);
    c.propagate_as({"DEL", key});
    c.event('g', "del", key);
    return c.changed(key);
  }
  if (at_ms) {
    store_with_expiry(c, key, text, *at_ms);
  } else {
    c.db().set_text(key, text, keep_ttl);
  }
  c.changed(key);
  c.event('$', "set", key);
  if (at_ms) c.event('g', "expire", key);
}

void increment(Call& c, std::int64_t by) {
  bool ok = true;
  Entry* e = string_entry(c, c.arg(1), ok, true);
  if (!ok) return;
  std::int64_t value = 0;
  if (e) {
    char digits[24];
    const auto n = parse_integer(e->text(digits));
    if (!n) return c.error(error::not_integer);
    value = *n;
  }
  if (__builtin_add_overflow(value, by, &value)) return c.error(error::overflow);
  if (e)
    e->value = value;
  else
    c.db().set(c.arg(1), value);
  c.changed(c.arg(1));
  c.event('$', c.command.name.starts_with("decr") ? "decrby" : "incrby", c.arg(1));
  c.reply.integer(value);
}

}  // namespace

std::string* raw_string(Call& c, std::string_view key, bool& ok) {
  Entry* e = string_entry(c, key, ok, true);
  if (!ok) return nullptr;
  if (!e) {
    // Made long enough not to be folded into the entry, then emptied.
    e = c.db().set(key, std::make_unique<std::string>(Entry::kInlineMax + 1, ' '));
    std::get<std::unique_ptr<std::string>>(e->value)->clear();
  }
  if (!std::holds_alternative<std::unique_ptr<std::string>>(e->value)) {
    char digits[24];
    auto copy = std::make_unique<std::string>(e->text(digits));
    e->value = std::move(copy);
  }
  return std::get<std::unique_ptr<std::string>>(e->value).get();
}

void command_get(Call& c) {
  get_generic(c, c.arg(1));
}

void command_set(Call& c) {
  SetOptions o;
  if (c.argc() > 3 && !parse_set(c, o)) return;
  const std::string_view key = c.arg(1);
  if (c.argc() == 3) {
    if (c.seeded(Defect::kWriteUnapplied)) return c.reply.ok();
    c.db().set_text(key, c.arg(2));
    c.changed(key);
    c.event('$', "set", key);
    return c.reply.ok();
  }
  bool ok = true;
  std::optional<std::string> old;
  if (o.get) {
    Entry* e = string_entry(c, key, ok, false);
    if (!ok) return;
    char digits[24];
    if (e) old = std::string(e->text(digits));
  }
  const bool exists = (o.nx || o.xx) && c.db().contains(key);
  const bool refused = (o.nx && exists) || (o.xx && !exists);
  if (!refused) put(c, key, c.arg(2), o.at_ms, o.keep_ttl);
  if (o.get) return old ? c.reply.bulk(*old) : c.reply.null();
  refused ? c.reply.null() : c.reply.ok();
}

void command_setnx(Call& c) {
  if (c.db().contains(c.arg(1))) return c.reply.integer(0);
  put(c, c.arg(1), c.arg(2), std::nullopt, false);
  c.reply.integer(1);
}

void command_setex(Call& c) {
  const auto at = expiry_of(c, c.command.name == "setex" ? "ex" : "px", 2);
  if (!at) return;
  put(c, c.arg(1), c.arg(3), at, false);
  c.reply.ok();
}

void command_getset(Call& c) {
  bool ok = true;
  Entry* e = string_entry(c, c.arg(1), ok, false);
  if (!ok) return;
  char digits[24];
  e ? c.reply.bulk(e->text(digits)) : c.reply.null();
  put(c, c.arg(1), c.arg(2), std::nullopt, false);
  c.propagate_as({"SET", c.arg(1), c.arg(2)});
}

void command_getdel(Call& c) {
  bool ok = true;
  Entry* e = string_entry(c, c.arg(1), ok, false);
  if (!ok) return;
  if (!e) return c.reply.null();
  char digits[24];
  c.reply.bulk(e->text(digits));
  c.db().remove(c.arg(1));
  c.propagate_as({"DEL", c.arg(1)});
  c.changed(c.arg(1));
  c.event('g', "del", c.arg(1));
}

void command_getex(Call& c) {
  std::string_view time_unit;
  std::size_t time_at = 0;
  bool persist = false;
  for (std::size_t i = 2; i < c.argc(); ++i) {
    const std::string_view unit = expiry_unit(c, i);
    if (c.is(i, "persist") && time_at == 0) {
      persist = true;
    } else if (!unit.empty() && !persist && time_at == 0 && i + 1 < c.argc()) {
      time_unit = unit;
      time_at = ++i;
    } else {
      return c.syntax_error();
    }
  }
  bool ok = true;
  Entry* e = string_entry(c, c.arg(1), ok, false);
  if (!ok) return;
  if (!e) return c.reply.null();
  std::optional<std::int64_t> at;
  if (time_at > 0 && !(at = expiry_of(c, time_unit, time_at))) return;
  char digits[24];
  c.reply.bulk(e->text(digits));
  if (at && *at <= c.engine.state.now_ms) {
    c.db().remove(c.arg(1));
    c.propagate_as({"DEL", c.arg(1)});
    c.changed(c.arg(1));
    c.event('g', "del", c.arg(1));
  } else if (at) {
    c.db().set_expiry(*e, *at);
    c.propagate_as({"PEXPIREAT", c.arg(1), std::to_string(*at)});
    c.changed(c.arg(1));
    c.event('g', "expire", c.arg(1));
  } else if (persist && c.db().clear_expiry(*e)) {
    c.propagate_as({"PERSIST", c.arg(1)});
    c.changed(c.arg(1));
    c.event('g', "persist", c.arg(1));
  }
}

void command_mget(Call& c) {
  c.reply.array(c.argc() - 1);
  char digits[24];
  for (std::size_t i = 1; i < c.argc(); ++i) {
    Entry* e = c.db().read(c.arg(i));
    e && e->type() == Type::string ? c.reply.bulk(e->text(digits)) : c.reply.null();
  }
}

void command_mset(Call& c) {
  if (c.argc() % 2 == 0)
    return c.error("ERR wrong number of arguments for '" + std::string(c.command.name) + "' command");
  const bool only_new = c.command.name == "msetnx";
  if (only_new)
    for (std::size_t i = 1; i < c.argc(); i += 2)
      if (c.db().contains(c.arg(i))) return c.reply.integer(0);
  for (std::size_t i = 1; i < c.argc(); i += 2) {
    c.db().set_text(c.arg(i), c.arg(i + 1));
    c.changed(c.arg(i));
    c.event('$', "set", c.arg(i));
  }
  only_new ? c.reply.integer(1) : c.reply.ok();
}

void command_incr(Call& c) {
  increment(c, 1);
}
void command_decr(Call& c) {
  increment(c, -1);
}

void command_incrby(Call& c) {
  if (const auto by = c.integer(2)) increment(c, *by);
}

void command_decrby(Call& c) {
  const auto by = c.integer(2);
  if (!by) return;
  if (*by == INT64_MIN) return c.error("ERR decrement would overflow");
  increment(c, -*by);
}

void command_incrbyfloat(Call& c) {
  bool ok = true;
  Entry* e = string_entry(c, c.arg(1), ok, true);
  if (!ok) return;
  char digits[24];
  const auto value = e ? parse_long_double(e->text(digits)) : std::optional<long double>(0);
  const auto by = parse_long_double(c.arg(2));
  if (!value || !by) return c.error(error::not_float);
  const long double sum = *value + *by;
  if (std::isnan(sum) || std::isinf(sum)) return c.error("ERR increment would produce NaN or Infinity");
  const std::string text = format_long_double(sum);
  c.db().set_text(c.arg(1), text, true);
  c.changed(c.arg(1));
  c.event('$', "incrbyfloat", c.arg(1));
  c.propagate_as({"SET", c.arg(1), text, "KEEPTTL"});
  c.reply.bulk(text);
}

void command_append(Call& c) {
  bool ok = true;
  Entry* e = string_entry(c, c.arg(1), ok, true);
  if (!ok) return;
  if (!e) {
    c.db().set_text(c.arg(1), c.arg(2));
    c.changed(c.arg(1));
    c.event('$', "append", c.arg(1));
    return c.reply.integer(static_cast<std::int64_t>(c.arg(2).size()));
  }
  if (!length_allowed(c, e->text_size() + c.arg(2).size())) return;
  std::string* s = raw_string(c, c.arg(1), ok);
  s->append(c.arg(2));
  c.changed(c.arg(1));
  c.event('$', "append", c.arg(1));
  c.reply.integer(static_cast<std::int64_t>(s->size()));
}

void command_strlen(Call& c) {
  bool ok = true;
  Entry* e = string_entry(c, c.arg(1), ok, false);
  if (ok) c.reply.integer(e ? static_cast<std::int64_t>(e->text_size()) : 0);
}

void command_setrange(Call& c) {
  const auto offset = c.integer(2);
  if (!offset) return;
  if (*offset < 0) return c.error("ERR offset is out of range");
  const std::string_view patch = c.arg(3);
  bool ok = true;
  Entry* e = string_entry(c, c.arg(1), ok, true);
  if (!ok) return;
  if (patch.empty()) return c.reply.integer(e ? static_cast<std::int64_t>(e->text_size()) : 0);
  const auto end = static_cast<std::uint64_t>(*offset) + patch.size();
  if (!length_allowed(c, end)) return;
  std::string* s = raw_string(c, c.arg(1), ok);
  if (s->size() < end) s->resize(end, '\0');
  s->replace(static_cast<std::size_t>(*offset), patch.size(), patch);
  c.changed(c.arg(1));
  c.event('$', "setrange", c.arg(1));
  c.reply.integer(static_cast<std::int64_t>(s->size()));
}

void command_getrange(Call& c) {
  auto start = c.integer(2);
  if (!start) return;
  auto end = c.integer(3);
  if (!end) return;
  bool ok = true;
  Entry* e = string_entry(c, c.arg(1), ok, false);
  if (!ok) return;
  if (!e) return c.reply.bulk("");
  char digits[24];
  const std::string_view text = e->text(digits);
  const auto n = static_cast<std::int64_t>(text.size());
  if (*start < 0 && *end < 0 && *start > *end) return c.reply.bulk("");
  if (*start < 0) *start = std::max<std::int64_t>(0, *start + n);
  if (*end < 0) *end = std::max<std::int64_t>(0, *end + n);
  if (*end >= n) *end = n - 1;
  if (*start > *end || n == 0) return c.reply.bulk("");
  c.reply.bulk(text.substr(static_cast<std::size_t>(*start), static_cast<std::size_t>(*end - *start + 1)));
}

}  // namespace node
