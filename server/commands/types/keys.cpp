/// Keys whatever they hold: existence, expiry, names, iteration, copies.
#include <algorithm>

#include "server/commands/types/handlers.h"
#include "server/commands/types/scan.h"
#include "server/engine/values.h"
#include "server/keyspace/glob.h"
#include "server/keyspace/number.h"

namespace node {

namespace {

Value clone(const Entry& e) {
  struct {
    const Entry& entry;
    Value operator()(const InlineString&) const {
      char digits[24];
      return std::make_unique<std::string>(entry.text(digits));
    }
    Value operator()(std::int64_t n) const { return n; }
    Value operator()(const std::unique_ptr<std::string>& s) const {
      return std::make_unique<std::string>(*s);
    }
    Value operator()(const std::unique_ptr<List>& v) const { return std::make_unique<List>(*v); }
    Value operator()(const std::unique_ptr<Set>& v) const { return std::make_unique<Set>(*v); }
    Value operator()(const std::unique_ptr<HashMap>& v) const { return std::make_unique<HashMap>(*v); }
    Value operator()(const std::unique_ptr<Zset>& v) const { return std::make_unique<Zset>(*v); }
    Value operator()(const std::unique_ptr<Stream>& v) const { return std::make_unique<Stream>(*v); }
  } visitor{e};
  return std::visit(visitor, e.value);
}

struct ExpireFlags {
  bool nx = false, xx = false, gt = false, lt = false;
};

bool parse_expire_flags(Call& c, ExpireFlags& f) {
  for (std::size_t i = 3; i < c.argc(); ++i) {
    if (c.is(i, "nx")) {
      f.nx = true;
    } else if (c.is(i, "xx")) {
      f.xx = true;
    } else if (c.is(i, "gt")) {
      f.gt = true;
    } else if (c.is(i, "lt")) {
      f.lt = true;
    } else {
      c.error("ERR Unsupported option " + std::string(c.arg(i)));
      return false;
    }
  }
  if (f.nx && (f.xx || f.gt || f.lt)) {
    c.error("ERR NX and XX, GT or LT options at the same time are not compatible");
    return false;
  }
  if (f.gt && f.lt) {
    c.error("ERR GT and LT options at the same time are not compatible");
    return false;
  }
  return true;
}

void expire(Call& c, bool seconds, bool relative) {
  ExpireFlags f;
  if (!parse_expire_flags(c, f)) return;
  const auto n = c.integer(2);
  if (!n) return;
  std::int64_t at = *n;
  if ((seconds && __builtin_mul_overflow(*n, 1000, &at)) ||
      (relative && __builtin_add_overflow(at, c.engine.state.now_ms, &at)))
    return c.error("ERR invalid expire time in '" + std::string(c.command.name) + "' command");
  const std::string_view key = c.arg(1);
  Entry* e = c.db().lookup(key);
  if (!e) return c.reply.integer(0);
  const auto current = c.db().expiry(*e);
  const bool refused = (f.nx && current) || (f.xx && !current) || (f.gt && (!current || at <= *current)) ||
                       (f.lt && current && at >= *current);
  if (refused) return c.reply.integer(0);
  if (at <= c.engine.state.now_ms && !c.engine.loading && c.client.kind != Session::Kind::master) {
    c.db().remove(key);
    c.propagate_as({"DEL", key});
    c.event('g', "del", key);
  } else {
    c.db().set_expiry(*e, at);
    c.propagate_as({"PEXPIREAT", key, std::to_string(at)});
    c.event('g', "expire", key);
  }
  c.changed(key);
  c.reply.integer(1);
}

void ttl(Call& c, bool seconds, bool absolute) {
  Entry* e = c.db().lookup(c.arg(1));
  if (!e) return c.reply.integer(-2);
  const auto at = c.db().expiry(*e);
  if (!at) return c.reply.integer(-1);
  const std::int64_t ms = absolute ? *at : std::max<std::int64_t>(0, *at - c.engine.state.now_ms);
  c.reply.integer(seconds ? (ms + 500) / 1000 : ms);
}

std::optional<int> db_index(Call& c, std::size_t i) {
  const auto n = c.integer_32(i);
  if (!n) return std::nullopt;
  if (*n < 0 || *n >= static_cast<std::int64_t>(c.engine.db_count())) {
    c.error("ERR DB index is out of range");
    return std::nullopt;
  }
  return static_cast<int>(*n);
}

}  // namespace

void command_del(Call& c) {
  std::int64_t gone = 0;
  for (std::size_t i = 1; i < c.argc(); ++i) {
    if (!c.db().lookup(c.arg(i))) continue;
    c.db().remove(c.arg(i));
    c.changed(c.arg(i));
    c.event('g', "del", c.arg(i));
    ++gone;
  }
  c.reply.integer(gone);
}

void command_exists(Call& c) {
  std::int64_t n = 0;
  for (std::size_t i = 1; i < c.argc(); ++i) n += c.db().read(c.arg(i), false) != nullptr;
  c.reply.integer(n);
}

void command_touch(Call& c) {
  std::int64_t n = 0;
  for (std::size_t i = 1; i < c.argc(); ++i) n += c.db().read(c.arg(i)) != nullptr;
  c.reply.integer(n);
}

void command_type(Call& c) {
  Entry* e = c.db().lookup(c.arg(1));
  c.reply.status(e ? type_name(e->type()) : "none");
}

void command_expire(Call& c) {
  expire(c, true, true);
}
void command_pexpire(Call& c) {
  expire(c, false, true);
}
void command_expireat(Call& c) {
  expire(c, true, false);
}
void command_pexpireat(Call& c) {
  expire(c, false, false);
}
void command_ttl(Call& c) {
  ttl(c, true, false);
}
void command_pttl(Call& c) {
  ttl(c, false, false);
}
void command_expiretime(Call& c) {
  ttl(c, true, true);
}
void command_pexpiretime(Call& c) {
  ttl(c, false, true);
}

void command_persist(Call& c) {
  Entry* e = c.db().lookup(c.arg(1));
  if (!e || !c.db().clear_expiry(*e)) return c.reply.integer(0);
  c.changed(c.arg(1));
  c.event('g', "persist", c.arg(1));
  c.reply.integer(1);
}

void command_keys(Call& c) {
  const std::string_view pattern = c.arg(1);
  const std::size_t mark = c.reply.mark();
  std::size_t n = 0;
  c.db().for_each([&](Entry& e) {
    if (c.db().past(e) || !(pattern == "*" || glob_match(pattern, e.key()))) return;
    c.reply.bulk(e.key());
    ++n;
  });
  c.reply.wrap_array(mark, n);
}

void command_dbsize(Call& c) {
  c.reply.integer(static_cast<std::int64_t>(c.db().size()));
}

void command_randomkey(Call& c) {
  for (int tries = 0; tries < 100 && c.db().size(); ++tries) {
    const std::string key = c.db().random_key(random_source());
    if (c.db().lookup(key)) return c.reply.bulk(key);
  }
  c.reply.null();
}

void command_rename(Call& c) {
  const bool only_new = c.command.name == "renamenx";
  const std::string_view from = c.arg(1), to = c.arg(2);
  Entry* e = c.db().lookup(from);
  if (!e) return c.error(error::no_such_key);
  if (from == to) return only_new ? c.reply.integer(0) : c.reply.ok();
  if (only_new && c.db().lookup(to)) return c.reply.integer(0);
  const auto at = c.db().expiry(*e);
  auto value = c.db().take(from);
  c.db().remove(to);
  Entry* fresh = c.db().set(to, std::move(*value));
  if (at) c.db().set_expiry(*fresh, *at);
  c.changed(from);
  c.changed(to, 0);
  c.event('g', "rename_from", from);
  c.event('g', "rename_to", to);
  only_new ? c.reply.integer(1) : c.reply.ok();
}

void command_copy(Call& c) {
  int target = c.client.db;
  bool replace = false;
  for (std::size_t i = 3; i < c.argc(); ++i) {
    if (c.is(i, "replace")) {
      replace = true;
    } else if (c.is(i, "db") && i + 1 < c.argc()) {
      const auto index = db_index(c, ++i);
      if (!index) return;
      target = *index;
    } else {
      return c.syntax_error();
    }
  }
  if (c.engine.cluster && target != 0)
    return c.error("ERR Copying to another database is not allowed in cluster mode");
  if (target == c.client.db && c.arg(1) == c.arg(2)) return c.error(error::same_object);
  Entry* e = c.db().read(c.arg(1));
  if (!e) return c.reply.integer(0);
  Database& to = c.engine.db(target);
  if (to.lookup(c.arg(2))) {
    if (!replace) return c.reply.integer(0);
    to.remove(c.arg(2));
  }
  const auto at = c.db().expiry(*e);
  Entry* fresh = to.set(c.arg(2), clone(*e));
  if (at) to.set_expiry(*fresh, *at);
  ++c.engine.state.dirty;
  to.touched(c.arg(2));
  c.engine.notify('g', "copy_to", c.arg(2), target);
  c.reply.integer(1);
}

void command_move(Call& c) {
  if (c.engine.cluster) return c.error("ERR MOVE is not allowed in cluster mode");
  const auto index = db_index(c, 2);
  if (!index) return;
  if (*index == c.client.db) return c.error(error::same_object);
  Entry* e = c.db().lookup(c.arg(1));
  Database& to = c.engine.db(*index);
  if (!e || to.lookup(c.arg(1))) return c.reply.integer(0);
  const auto at = c.db().expiry(*e);
  Entry* fresh = to.set(c.arg(1), *c.db().take(c.arg(1)));
  if (at) to.set_expiry(*fresh, *at);
  c.changed(c.arg(1));
  to.touched(c.arg(1));
  c.event('g', "move_from", c.arg(1));
  c.engine.notify('g', "move_to", c.arg(1), to.index());
  c.reply.integer(1);
}

void command_flush(Call& c) {
  if (c.argc() > 2 || (c.argc() == 2 && !c.is(1, "async") && !c.is(1, "sync"))) return c.syntax_error();
  if (c.command.name == "flushall") {
    c.engine.state.dirty += c.engine.total_keys();
    c.engine.flush_all();
    c.engine.ports.persistence.data_flushed();
  } else {
    c.engine.state.dirty += c.db().size();
    c.engine.flush(c.db());
  }
  c.engine.ports.memory.give_back();
  // Told to the others even when nothing was there: they may hold something.
  ++c.engine.state.dirty;
  c.propagate_as(c.argv);
  // Where snapshots are taken at all, an empty one takes the place of the old.
  if (c.command.name == "flushall" && !c.engine.config.save_points().empty() && !c.engine.loading)
    static_cast<void>(
        c.engine.ports.persistence.save());  // it logs what fails; the keys are gone all the same
  c.reply.ok();
}

void command_swapdb(Call& c) {
  if (c.engine.cluster) return c.error("ERR SWAPDB is not allowed in cluster mode");
  const auto a = parse_integer(c.arg(1)), b = parse_integer(c.arg(2));
  if (!a) return c.error("ERR invalid first DB index");
  if (!b) return c.error("ERR invalid second DB index");
  const auto n = static_cast<std::int64_t>(c.engine.db_count());
  if (*a < 0 || *b < 0 || *a >= n || *b >= n) return c.error("ERR DB index is out of range");
  Database &one = c.engine.db(static_cast<int>(*a)), &other = c.engine.db(static_cast<int>(*b));
  c.engine.before_replaced(one, &other);
  c.engine.before_replaced(other, &one);
  one.swap_contents(other);
  ++c.engine.state.dirty;
  c.reply.ok();
}

void command_object(Call& c) {
  if (c.subcommand("help", 2, 2)) return help(c);
  for (std::string_view known : {"encoding", "freq", "idletime", "refcount"}) {
    if (!c.subcommand(known, 3, 3)) continue;
    Entry* e = c.db().lookup(c.arg(2));
    if (!e) return c.reply.null();
    if (known == "encoding") return c.reply.bulk(encoding_name(e->value));
    const std::int64_t now = c.engine.state.now_ms;
    const bool frequency = access_tracking.frequency;
    if (known == "idletime")
      return frequency ? c.error(error::lfu_selected)
                       : c.reply.integer(access::idle_seconds(e->accessed, now));
    if (known == "freq")
      return frequency ? c.reply.integer(access::count(e->accessed, now)) : c.error(error::lfu_not_selected);
    // Nothing is shared here; redis shares small integers unless each is to have an age of its own.
    const auto* n = std::get_if<std::int64_t>(&e->value);
    const bool aged = c.engine.config.maxmemory > 0 && (frequency || access_tracking.recency);
    return c.reply.integer(n && *n >= 0 && *n < 10000 && !aged ? INT32_MAX : 1);
  }
  c.unknown_subcommand();
}

void command_scan(Call& c) {
  ScanOptions o;
  if (!parse_cursor(c, 1, o) || !parse_scan_options(c, 2, o, true)) return;
  std::vector<std::string> found;
  const std::uint64_t cursor = walk(o, [&](std::uint64_t at, std::size_t& seen) {
    return c.db().scan(at, [&](Entry& e) {
      ++seen;
      if (!o.matches(e.key()) || (!o.type.empty() && o.type != type_name(e.type()))) return;
      found.emplace_back(e.key());
    });
  });
  std::erase_if(found, [&](const std::string& key) { return !c.db().lookup(key); });
  reply_scan(c, cursor, found.size());
  for (const std::string& key : found) c.reply.bulk(key);
}

}  // namespace node
