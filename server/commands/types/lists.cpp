/// Lists, and the pops that wait for an element.
#include <algorithm>
#include <cmath>

#include "server/commands/types/handlers.h"
#include "server/commands/types/multi_pop.h"
#include "server/engine/values.h"
#include "server/keyspace/number.h"

namespace node {

namespace {

constexpr std::string_view kTimeoutRange = "ERR timeout is out of range";

/// LEFT or RIGHT; answers a syntax error otherwise.
std::optional<bool> is_left(Call& c, std::size_t i) {
  if (c.is(i, "left")) return true;
  if (c.is(i, "right")) return false;
  c.syntax_error();
  return std::nullopt;
}

std::string_view pop_event(bool front) {
  return front ? "lpop" : "rpop";
}

void push(Call& c, bool front, bool only_existing) {
  bool ok = true;
  List* list = c.value<List>(c.arg(1), ok, true);
  if (!ok) return;
  if (!list) {
    if (only_existing) return c.reply.integer(0);
    list = value_or_new<List>(c, c.arg(1));
  }
  for (std::size_t i = 2; i < c.argc(); ++i) list->push(c.arg(i), front);
  c.changed(c.arg(1), c.argc() - 2);
  c.event('l', front ? "lpush" : "rpush", c.arg(1));
  c.reply.integer(static_cast<std::int64_t>(list->size()));
}

void pop(Call& c, bool front) {
  std::optional<std::int64_t> count;
  if (c.argc() > 3) return c.wrong_arity();
  if (c.argc() == 3 && !(count = c.integer_in(2, 0, INT64_MAX, error::positive))) return;
  bool ok = true;
  List* list = c.value<List>(c.arg(1), ok, true);
  if (!ok) return;
  if (!list) return count ? c.reply.null_array() : c.reply.null();
  if (!count) {
    c.reply.bulk(list->pop(front));
    c.event('l', pop_event(front), c.arg(1));
    c.drop_if_empty(c.arg(1), list->empty());
    return c.changed(c.arg(1));
  }
  const std::size_t n = std::min(static_cast<std::size_t>(*count), list->size());
  c.reply.array(n);
  if (n == 0) return;
  for (std::size_t i = 0; i < n; ++i) c.reply.bulk(list->pop(front));
  c.event('l', pop_event(front), c.arg(1));
  c.drop_if_empty(c.arg(1), list->empty());
  c.changed(c.arg(1), n);
}

/// Moves one element; the caller has checked that source exists. False when the target is of another type.
bool move_element(Call& c, std::string_view from, std::string_view to, bool from_left, bool to_left) {
  bool ok = true;
  c.value<List>(to, ok, true);
  if (!ok) return false;
  List* source = c.value<List>(from, ok, true);
  const std::string element = source->pop(from_left);
  value_or_new<List>(c, to)->push(element, to_left);
  c.event('l', to_left ? "lpush" : "rpush", to);
  source = c.value<List>(from, ok, true);
  c.event('l', pop_event(from_left), from);
  c.drop_if_empty(from, source->empty());
  c.changed(from);
  if (from != to) c.changed(to, 0);
  c.reply.bulk(element);
  return true;
}

void replicate_move(Call& c, bool from_left, bool to_left) {
  if (c.command.name.ends_with("rpoplpush")) return c.propagate_as({"RPOPLPUSH", c.arg(1), c.arg(2)});
  c.propagate_as({"LMOVE", c.arg(1), c.arg(2), from_left ? "LEFT" : "RIGHT", to_left ? "LEFT" : "RIGHT"});
}

void list_move(Call& c, bool from_left, bool to_left) {
  bool ok = true;
  List* source = c.value<List>(c.arg(1), ok, true);
  if (!ok) return;
  if (!source) return c.reply.null();
  move_element(c, c.arg(1), c.arg(2), from_left, to_left);
}

void blocking_move(Call& c, bool from_left, bool to_left, std::size_t timeout_at) {
  std::int64_t deadline = 0;
  if (!blocking_deadline(c, timeout_at, deadline)) return;
  bool ok = true;
  List* source = c.value<List>(c.arg(1), ok, true);
  if (!ok) return;
  if (!source) return c.block({std::string(c.arg(1))}, Type::list, deadline, true);
  if (move_element(c, c.arg(1), c.arg(2), from_left, to_left)) replicate_move(c, from_left, to_left);
}

void blocking_pop(Call& c, bool front) {
  std::int64_t deadline = 0;
  if (!blocking_deadline(c, c.argc() - 1, deadline)) return;
  std::vector<std::string> keys;
  for (std::size_t i = 1; i + 1 < c.argc(); ++i) {
    const std::string_view key = c.arg(i);
    bool ok = true;
    List* list = c.value<List>(key, ok, true);
    if (!ok) return;
    if (list) {
      c.reply.array(2);
      c.reply.bulk(key);
      c.reply.bulk(list->pop(front));
      c.event('l', pop_event(front), key);
      c.drop_if_empty(key, list->empty());
      c.propagate_as({front ? "LPOP" : "RPOP", key});
      return c.changed(key);
    }
    keys.emplace_back(key);
  }
  c.block(std::move(keys), Type::list, deadline, true);
}

/// LMPOP and BLMPOP: [timeout] numkeys key … LEFT|RIGHT [COUNT n].
void multi_pop(Call& c, std::size_t numkeys_at, bool blocks) {
  std::optional<bool> left;
  const auto pop = parse_multi_pop(c, numkeys_at, blocks, [&](std::size_t at) {
    left = is_left(c, at);
    return left.has_value();
  });
  if (!pop) return;
  std::vector<std::string> keys;
  for (std::size_t i = pop->first_key; i < pop->end; ++i) {
    bool ok = true;
    List* list = c.value<List>(c.arg(i), ok, true);
    if (!ok) return;
    keys.emplace_back(c.arg(i));
    if (!list) continue;
    const std::size_t n = std::min(pop->count, list->size());
    c.reply.array(2);
    c.reply.bulk(c.arg(i));
    c.reply.array(n);
    for (std::size_t k = 0; k < n; ++k) c.reply.bulk(list->pop(*left));
    c.event('l', pop_event(*left), c.arg(i));
    c.drop_if_empty(c.arg(i), list->empty());
    c.propagate_as({*left ? "LPOP" : "RPOP", c.arg(i), std::to_string(n)});
    return c.changed(c.arg(i), n);
  }
  if (!blocks) return c.reply.null_array();
  c.block(std::move(keys), Type::list, pop->deadline_ms, true);
}

}  // namespace

bool blocking_deadline(Call& c, std::size_t at, std::int64_t& deadline_ms) {
  const auto seconds = parse_long_double(c.arg(at));
  if (!seconds) {
    c.error(error::timeout_not_float);
    return false;
  }
  if (*seconds < 0) {
    c.error(error::timeout_negative);
    return false;
  }
  if (*seconds * 1000 > static_cast<long double>(INT64_MAX - c.engine.state.now_ms)) {
    c.error(kTimeoutRange);
    return false;
  }
  const auto ms = static_cast<std::int64_t>(std::ceil(*seconds * 1000));
  deadline_ms = ms == 0 ? 0 : c.engine.state.now_ms + ms;
  return true;
}

void command_lpush(Call& c) {
  push(c, true, false);
}
void command_rpush(Call& c) {
  push(c, false, false);
}
void command_lpushx(Call& c) {
  push(c, true, true);
}
void command_rpushx(Call& c) {
  push(c, false, true);
}
void command_lpop(Call& c) {
  pop(c, true);
}
void command_rpop(Call& c) {
  pop(c, false);
}

void command_llen(Call& c) {
  bool ok = true;
  List* list = c.value<List>(c.arg(1), ok, false);
  if (ok) c.reply.integer(list ? static_cast<std::int64_t>(list->size()) : 0);
}

void command_lrange(Call& c) {
  const auto start = c.integer(2);
  if (!start) return;
  const auto stop = c.integer(3);
  if (!stop) return;
  bool ok = true;
  List* list = c.value<List>(c.arg(1), ok, false);
  if (!ok) return;
  const Span span = list ? span_of(*start, *stop, list->size()) : Span{};
  if (span.empty) return c.reply.array(0);
  c.reply.array(span.to - span.from + 1);
  char digits[24];
  list->for_range(span.from, span.to,
                  [&](const Listpack::Element& e) { return c.reply.bulk(e.view(digits)), true; });
}

void command_lindex(Call& c) {
  bool ok = true;
  List* list = c.value<List>(c.arg(1), ok, false);
  if (!ok) return;
  if (!list) return c.reply.null();
  auto index = c.integer(2);
  if (!index) return;
  const auto n = static_cast<std::int64_t>(list->size());
  if (*index < 0) *index += n;
  if (*index < 0 || *index >= n) return c.reply.null();
  c.reply.bulk(list->at(static_cast<std::size_t>(*index)));
}

void command_lset(Call& c) {
  bool ok = true;
  List* list = c.value<List>(c.arg(1), ok, true);
  if (!ok) return;
  if (!list) return c.error(error::no_such_key);
  auto index = c.integer(2);
  if (!index) return;
  const auto n = static_cast<std::int64_t>(list->size());
  if (*index < 0) *index += n;
  if (*index < 0 || *index >= n) return c.error(error::index);
  list->set(static_cast<std::size_t>(*index), c.arg(3));
  c.changed(c.arg(1));
  c.event('l', "lset", c.arg(1));
  c.reply.ok();
}

void command_linsert(Call& c) {
  if (!c.is(2, "before") && !c.is(2, "after")) return c.syntax_error();
  bool ok = true;
  List* list = c.value<List>(c.arg(1), ok, true);
  if (!ok) return;
  if (!list) return c.reply.integer(0);
  if (!list->insert(c.arg(3), c.arg(4), c.is(2, "before"))) return c.reply.integer(-1);
  c.changed(c.arg(1));
  c.event('l', "linsert", c.arg(1));
  c.reply.integer(static_cast<std::int64_t>(list->size()));
}

void command_lrem(Call& c) {
  const auto count = c.integer(2);
  if (!count) return;
  bool ok = true;
  List* list = c.value<List>(c.arg(1), ok, true);
  if (!ok) return;
  if (!list) return c.reply.integer(0);
  const std::size_t gone = list->remove(c.arg(3), *count);
  if (gone) c.event('l', "lrem", c.arg(1));
  c.drop_if_empty(c.arg(1), list->empty());
  if (gone) c.changed(c.arg(1), gone);
  c.reply.integer(static_cast<std::int64_t>(gone));
}

void command_ltrim(Call& c) {
  const auto start = c.integer(2);
  if (!start) return;
  const auto stop = c.integer(3);
  if (!stop) return;
  bool ok = true;
  List* list = c.value<List>(c.arg(1), ok, true);
  if (!ok) return;
  if (!list) return c.reply.ok();
  const Span span = span_of(*start, *stop, list->size());
  const std::size_t before = list->size();
  if (!span.empty) {
    const std::size_t behind = list->size() - span.to - 1;
    if (behind) list->erase_range(span.to + 1, behind);
    if (span.from) list->erase_range(0, span.from);
  }
  const bool trimmed = span.empty || list->size() < before;
  c.event('l', "ltrim", c.arg(1));
  c.drop_if_empty(c.arg(1), span.empty);
  if (trimmed) c.changed(c.arg(1));  // else who watches the key has nothing to fear
  c.reply.ok();
}

void command_lpos(Call& c) {
  std::int64_t rank = 1, count = -1, maxlen = 0;
  for (std::size_t i = 3; i < c.argc(); i += 2) {
    if (i + 1 >= c.argc()) return c.syntax_error();
    if (c.is(i, "rank")) {
      const auto n = c.integer(i + 1);
      if (!n) return;
      if (*n == 0)
        return c.error(
            "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use "
            "negative to start from the end of the list");
      if (*n == INT64_MIN)
        return c.error(
            "ERR value is out of range, value must between -9223372036854775807 and "
            "9223372036854775807");
      rank = *n;
    } else if (c.is(i, "count")) {
      const auto n = c.integer_in(i + 1, 0, INT64_MAX, "ERR COUNT can't be negative");
      if (!n) return;
      count = *n;
    } else if (c.is(i, "maxlen")) {
      const auto n = c.integer_in(i + 1, 0, INT64_MAX, "ERR MAXLEN can't be negative");
      if (!n) return;
      maxlen = *n;
    } else {
      return c.syntax_error();
    }
  }
  bool ok = true;
  List* list = c.value<List>(c.arg(1), ok, false);
  if (!ok) return;
  if (!list) return count >= 0 ? c.reply.array(0) : c.reply.null();
  const bool backwards = rank < 0;
  const std::size_t size = list->size();
  std::size_t at = backwards ? size - 1 : 0;
  std::int64_t looked = 0, matches = 0;
  const std::int64_t skip = std::abs(rank) - 1;
  std::vector<std::size_t> found;
  auto visit = [&](const Listpack::Element& e) {
    if (maxlen && looked++ == maxlen) return false;
    if (e.equals(c.arg(2)) && matches++ >= skip) {
      found.push_back(at);
      if (count < 0 || (count > 0 && static_cast<std::int64_t>(found.size()) == count)) return false;
    }
    backwards ? --at : ++at;
    return true;
  };
  backwards ? list->for_range_backwards(0, size - 1, visit) : list->for_range(0, size - 1, visit);
  if (count < 0) return found.empty() ? c.reply.null() : c.reply.integer(static_cast<std::int64_t>(found[0]));
  c.reply.array(found.size());
  for (std::size_t index : found) c.reply.integer(static_cast<std::int64_t>(index));
}

void command_rpoplpush(Call& c) {
  list_move(c, false, true);
}

void command_lmove(Call& c) {
  const auto from = is_left(c, 3);
  if (!from) return;
  const auto to = is_left(c, 4);
  if (to) list_move(c, *from, *to);
}

void command_blpop(Call& c) {
  blocking_pop(c, true);
}
void command_brpop(Call& c) {
  blocking_pop(c, false);
}
void command_brpoplpush(Call& c) {
  blocking_move(c, false, true, 3);
}

void command_blmove(Call& c) {
  const auto from = is_left(c, 3);
  if (!from) return;
  const auto to = is_left(c, 4);
  if (to) blocking_move(c, *from, *to, 5);
}

void command_lmpop(Call& c) {
  multi_pop(c, 1, false);
}
void command_blmpop(Call& c) {
  multi_pop(c, 2, true);
}

}  // namespace node
