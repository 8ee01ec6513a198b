#include "server/keyspace/database.h"

#include <algorithm>

#include "server/keyspace/number.h"

namespace node {

namespace {
constexpr std::size_t kSlotTables = 16384;
}

Value make_string(std::string_view text) {
  if (const auto n = parse_integer(text)) return *n;
  return std::make_unique<std::string>(text);
}

Database::Database(int index, KeyspaceState& state, SlotOf slot_of)
    : index_(index), state_(state), slot_of_(slot_of), tables_(slot_of ? kSlotTables : 1) {}

bool Database::past(const Entry& entry) const {
  if (!entry.has_expiry) return false;
  const auto at = expiry(entry);
  return at && *at < state_.now_ms;
}

Entry* Database::lookup(std::string_view key) {
  Entry* e = table(key).find(key);
  if (!e) return nullptr;
  if (e->has_expiry && !state_.show_expired && past(*e)) {
    if (state_.keep_expired) return nullptr;
    ++state_.expired;
    const std::string name(key);
    remove(name);
    if (state_.on_expired) state_.on_expired(*this, name);
    return nullptr;
  }
  return e;
}

Entry* Database::read(std::string_view key, bool note_access) {
  Entry* e = lookup(key);
  if (!e) {
    ++state_.misses;
    if (state_.on_missed) state_.on_missed(*this, key);
    return nullptr;
  }
  ++state_.hits;
  if (note_access) note_use(*e);
  return e;
}

void Database::relocate(Table& t, Entry* old, Entry* fresh) {
  fresh->has_expiry = old->has_expiry;
  fresh->accessed = old->accessed;
  // The expiry's key is read through the entry, so it must point at a living one at every moment.
  Expiry* x = old->has_expiry ? expiries_.find(old->key()) : nullptr;
  t.replace(old, fresh);
  if (x) x->entry = fresh;
  Entry::destroy(old);
}

Entry* Database::set(std::string_view key, Value value, bool keep_expiry) {
  Table& t = table(key);
  Entry* e = t.find(key);
  // Short strings always live in the entry.
  if (auto* text = std::get_if<std::unique_ptr<std::string>>(&value);
      text && (*text)->size() <= Entry::kInlineMax) {
    set_text(key, **text, keep_expiry);
    return t.find(key);
  }
  if (!e) {
    e = Entry::make(key, 0);
    e->accessed = access::first(state_.now_ms) & 0x7FFFFFFF;
    t.insert(e);
    ++size_;
    if (state_.on_new) state_.on_new(*this, key);
  } else {
    if (!keep_expiry) clear_expiry(*e);
    note_use(*e);
  }
  e->value = std::move(value);
  return e;
}

void Database::set_text(std::string_view key, std::string_view text, bool keep_expiry) {
  if (text.size() <= 20) {
    if (const auto n = parse_integer(text)) {
      set(key, *n, keep_expiry);
      return;
    }
  } else if (text.size() > Entry::kInlineMax) {
    set(key, std::make_unique<std::string>(text), keep_expiry);
    return;
  }
  Table& t = table(key);
  Entry* e = t.find(key);
  if (e) {
    if (!keep_expiry) clear_expiry(*e);
    note_use(*e);
    if (!e->assign_inline(text)) {
      Entry* fresh = Entry::make(key, text.size());
      fresh->assign_inline(text);
      relocate(t, e, fresh);
    }
  } else {
    e = Entry::make(key, text.size());
    e->assign_inline(text);
    e->accessed = access::first(state_.now_ms) & 0x7FFFFFFF;
    t.insert(e);
    ++size_;
    if (state_.on_new) state_.on_new(*this, key);
  }
}

bool Database::remove(std::string_view key) {
  Table& t = table(key);
  Entry* e = t.take(key);
  if (!e) return false;
  if (e->has_expiry) expiries_.erase(key);
  Entry::destroy(e);
  --size_;
  return true;
}

std::optional<Value> Database::take(std::string_view key) {
  Table& t = table(key);
  Entry* e = t.find(key);
  if (!e) return std::nullopt;
  Value value;
  if (std::holds_alternative<InlineString>(e->value)) {
    char digits[24];
    value = std::make_unique<std::string>(e->text(digits));
  } else {
    value = std::move(e->value);
  }
  const std::string name(key);
  remove(name);
  return value;
}

std::optional<std::int64_t> Database::expiry(const Entry& entry) const {
  if (!entry.has_expiry) return std::nullopt;
  const Expiry* x = expiries_.find_quiet(entry.key());
  if (!x) return std::nullopt;
  return x->at_ms;
}

void Database::set_expiry(Entry& entry, std::int64_t at_ms) {
  if (entry.has_expiry) {
    expiries_.find(entry.key())->at_ms = at_ms;
    return;
  }
  expiries_.insert(new Expiry{nullptr, &entry, at_ms});
  entry.has_expiry = 1;
}

bool Database::clear_expiry(Entry& entry) {
  if (!entry.has_expiry) return false;
  expiries_.erase(entry.key());
  entry.has_expiry = 0;
  return true;
}

void Database::clear() {
  expiries_.clear();
  for (Table& t : tables_) t.clear();
  size_ = 0;
}

void Database::swap_contents(Database& other) {
  std::swap(tables_, other.tables_);
  expiries_.swap(other.expiries_);
  std::swap(size_, other.size_);
}

std::string Database::random_key(Random& rng) {
  std::size_t at = rng.below(size_);
  for (Table& t : tables_) {
    if (at < t.size()) return std::string(t.random(rng)->key());
    at -= t.size();
  }
  return {};
}

void Database::sample(bool expiring_only, std::size_t count, Random& rng,
                      const std::function<void(const Entry&, std::int64_t)>& visit) const {
  if (expiring_only) return expiries_.some(rng, count, [&](const Expiry* x) { visit(*x->entry, x->at_ms); });
  auto visit_one = [&](const Entry* e) {
    visit(*e, 0);
    --count;
  };
  if (size_ == 0) return;
  // One table a slot: from a random one on, until there are enough.
  const std::size_t first = rng.below(tables_.size());
  for (std::size_t i = 0; i < tables_.size() && count; ++i)
    tables_[(first + i) % tables_.size()].some(rng, count, visit_one);
}

std::size_t Database::memory_of(std::string_view key) const {
  const Entry* e = stored(key);
  if (!e) return 0;
  return node::memory_of(*e) + (e->has_expiry ? sizeof(Expiry) + sizeof(void*) : 0);
}

std::uint64_t Database::scan(std::uint64_t cursor, const std::function<void(Entry&)>& visit) {
  if (!slot_of_) return tables_[0].scan(cursor, [&](Entry* e) { visit(*e); });
  // Cluster mode: the low 14 bits are the slot being scanned, the rest is its table's own cursor.
  std::size_t slot = cursor % kSlotTables;
  const std::uint64_t inner = tables_[slot].scan(cursor / kSlotTables, [&](Entry* e) { visit(*e); });
  if (inner) return inner * kSlotTables + slot;
  do ++slot;
  while (slot < kSlotTables && tables_[slot].empty());
  return slot == kSlotTables ? 0 : slot;
}

void Database::for_each(const std::function<void(Entry&)>& visit) const {
  for (const Table& t : tables_) t.for_each([&](Entry* e) { visit(*e); });
}

std::size_t Database::keys_in_slot(int slot) const {
  return slot_of_ ? tables_[static_cast<std::size_t>(slot)].size() : 0;
}

void Database::for_slot(int slot, std::size_t limit,
                        const std::function<void(std::string_view)>& visit) const {
  if (!slot_of_) return;
  tables_[static_cast<std::size_t>(slot)].for_each([&](const Entry* e) {
    if (limit == 0) return;
    --limit;
    visit(e->key());
  });
}

std::size_t Database::table_memory() const {
  std::size_t bytes = size_ * sizeof(Entry);
  for (const Table& t : tables_) bytes += t.memory();
  return bytes;
}

std::size_t Database::expire_some(std::size_t samples, const std::function<bool()>& deadline) {
  std::size_t gone = 0;
  std::vector<std::string> past;
  while (!expiries_.empty()) {
    std::size_t seen = 0;
    past.clear();
    expiries_.some(random_source(), samples, [&](const Expiry* x) {
      ++seen;
      if (x->at_ms < state_.now_ms) past.emplace_back(x->entry->key());
    });
    state_.expiries_seen += seen;
    for (const std::string& key : past) {
      remove(key);
      ++state_.expired;
      if (state_.on_expired) state_.on_expired(*this, key);
    }
    gone += past.size();
    // Fewer than one in ten: the rest can wait.
    if (past.size() * 10 <= seen || deadline()) break;
  }
  return gone;
}

void Database::rehash(std::size_t budget) {
  if (!slot_of_) tables_[0].rehash(budget);
  expiries_.rehash(budget);
}

std::int64_t Database::average_ttl() {
  if (expiries_.empty()) return 0;
  std::int64_t sum = 0, n = 0;
  for (int i = 0; i < 10; ++i) {
    const Expiry* x = expiries_.random(random_source());
    if (x->at_ms <= state_.now_ms) continue;
    sum += x->at_ms - state_.now_ms;
    ++n;
  }
  return n ? sum / n : 0;
}

}  // namespace node
