/// SORT of a list, set or sorted set.
#include <algorithm>

#include "server/commands/types/handlers.h"
#include "server/engine/values.h"
#include "server/keyspace/number.h"

namespace node {

namespace {

struct SortQuery {
  bool descending = false, alpha = false, limited = false;
  std::int64_t offset = 0, count = -1;
  std::optional<std::string> by, store;
  std::vector<std::string> get;
};

bool parse(Call& c, SortQuery& q) {
  const bool reads_all = c.engine.permissions.may_read_any_key(c.client.user, c.command, c.argv);
  for (std::size_t i = 2; i < c.argc(); ++i) {
    const std::size_t left = c.argc() - i - 1;
    if (c.is(i, "asc")) {
      q.descending = false;
    } else if (c.is(i, "desc")) {
      q.descending = true;
    } else if (c.is(i, "alpha")) {
      q.alpha = true;
    } else if (c.is(i, "limit") && left >= 2) {
      const auto offset = c.integer(i + 1);
      if (!offset) return false;
      const auto count = c.integer(i + 2);
      if (!count) return false;
      q.offset = std::max<std::int64_t>(0, *offset);
      q.count = *count;
      q.limited = true;
      i += 2;
    } else if (c.is(i, "store") && left >= 1 && c.command.name == "sort") {
      q.store = std::string(c.arg(++i));
    } else if (c.is(i, "by") && left >= 1) {
      q.by = std::string(c.arg(++i));
      if (c.engine.cluster && q.by->find('*') != std::string::npos) {
        c.error("ERR BY option of SORT denied in Cluster mode.");
        return false;
      }
      if (!reads_all && q.by->find('*') != std::string::npos) {
        c.error("ERR BY option of SORT denied due to insufficient ACL permissions.");
        return false;
      }
    } else if (c.is(i, "get") && left >= 1) {
      q.get.emplace_back(c.arg(++i));
      // "#" is the element itself: it leads to no other slot. Its permission is asked for as redis does.
      if (c.engine.cluster && q.get.back() != "#") {
        c.error("ERR GET option of SORT denied in Cluster mode.");
        return false;
      }
      if (!reads_all) {
        c.error("ERR GET option of SORT denied due to insufficient ACL permissions.");
        return false;
      }
    } else {
      c.syntax_error();
      return false;
    }
  }
  return true;
}

std::optional<std::vector<std::string>> elements(Call& c, const SortQuery& q) {
  std::vector<std::string> out;
  Entry* e = c.db().read(c.arg(1));
  if (!e) return out;
  char digits[24];
  if (auto* list = std::get_if<std::unique_ptr<List>>(&e->value)) {
    (*list)->for_range(0, (*list)->size() - 1,
                       [&](const Listpack::Element& x) { return out.emplace_back(x.view(digits)), true; });
  } else if (auto* set = std::get_if<std::unique_ptr<Set>>(&e->value)) {
    (*set)->for_each([&](std::string_view m) { return out.emplace_back(m), true; });
  } else if (auto* z = std::get_if<std::unique_ptr<Zset>>(&e->value)) {
    (*z)->for_ranks(0, (*z)->size(), q.descending,
                    [&](std::string_view m, double) { return out.emplace_back(m), true; });
  } else {
    c.wrong_type();
    return std::nullopt;
  }
  return out;
}

/// The value that pattern names for element: "#" itself, "a*b" a key, "a*b->f" a field of a hash.
std::optional<std::string> lookup(Call& c, const std::string& pattern, const std::string& element) {
  if (pattern == "#") return element;
  const std::size_t star = pattern.find('*');
  if (star == std::string::npos) return std::nullopt;
  const std::size_t arrow = pattern.find("->", star);
  const bool field = arrow != std::string::npos && arrow + 2 < pattern.size();
  std::string key = field ? pattern.substr(0, arrow) : pattern;
  key.replace(star, 1, element);
  Entry* e = c.db().read(key);
  if (!e) return std::nullopt;
  char digits[24];
  if (field) {
    auto* hash = std::get_if<std::unique_ptr<HashMap>>(&e->value);
    if (!hash) return std::nullopt;
    const auto v = (*hash)->get(pattern.substr(arrow + 2), digits);
    return v ? std::optional<std::string>(*v) : std::nullopt;
  }
  if (e->type() != Type::string) return std::nullopt;
  return std::string(e->text(digits));
}

bool is_set(Call& c, std::string_view key) {
  const Entry* e = c.db().lookup(key);
  return e && e->type() == Type::set;
}

}  // namespace

void command_sort(Call& c) {
  SortQuery q;
  if (!parse(c, q)) return;
  auto items = elements(c, q);
  if (!items) return;
  bool no_sort = q.by && q.by->find('*') == std::string::npos;
  // A set has no order of its own: what is stored, or what a script sees, must not depend on chance.
  if (no_sort && (q.store || c.client.kind == Session::Kind::script) && is_set(c, c.arg(1))) {
    no_sort = false;
    q.alpha = true;
    q.by.reset();
  }
  if (!no_sort) {
    struct Weighted {
      std::string item, text;
      bool missing;
      double number;
    };
    std::vector<Weighted> rows;
    for (std::string& item : *items) {
      const auto weight = q.by ? lookup(c, *q.by, item) : std::optional<std::string>(item);
      double number = 0;
      if (!q.alpha && weight) {
        const auto v = parse_double(*weight);
        if (!v) return c.error("ERR One or more scores can't be converted into double");
        number = *v;
      }
      rows.push_back({std::move(item), weight.value_or(""), !weight, number});
    }
    std::stable_sort(rows.begin(), rows.end(), [&](const Weighted& a, const Weighted& b) {
      const Weighted &x = q.descending ? b : a, &y = q.descending ? a : b;
      if (q.alpha) return x.text < y.text;
      return x.number != y.number ? x.number < y.number : x.item < y.item;
    });
    items->clear();
    for (Weighted& row : rows) items->push_back(std::move(row.item));
  }
  if (q.limited) {
    const auto n = static_cast<std::int64_t>(items->size());
    const std::int64_t from = std::min(q.offset, n),
                       to = q.count < 0 ? n : from + std::min(n - from, q.count);
    *items = std::vector<std::string>(items->begin() + from, items->begin() + to);
  }
  std::vector<std::optional<std::string>> out;
  for (const std::string& item : *items) {
    if (q.get.empty()) out.emplace_back(item);
    for (const std::string& pattern : q.get) out.push_back(lookup(c, pattern, item));
  }
  if (!q.store) {
    c.reply.array(out.size());
    for (const auto& v : out) v ? c.reply.bulk(*v) : c.reply.null();
    return;
  }
  if (out.empty()) {
    if (c.db().remove(*q.store)) {
      c.changed(*q.store);
      c.event('g', "del", *q.store);
    }
    return c.reply.integer(0);
  }
  auto list = std::make_unique<List>();
  for (const auto& v : out) list->push_back(v.value_or(""));
  c.db().set(*q.store, std::move(list));
  c.changed(*q.store, out.size());
  c.event('l', "sortstore", *q.store);
  c.reply.integer(static_cast<std::int64_t>(out.size()));
}

}  // namespace node
