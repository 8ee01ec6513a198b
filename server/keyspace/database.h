/// One database: keys, their expiry times and, in cluster mode, one table a slot, so that counting and
/// listing the keys of a slot costs nothing extra per key.
///
/// Expiry is lazy (a key past its time is removed when it is touched) and active (expire_some, from the
/// node's clock). On a replica a key past its time is hidden, never removed: the master's DEL does that.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/keyspace/entry.h"

namespace node {

class Database;

/// What all databases share and the node owns.
struct KeyspaceState {
  std::int64_t now_ms = 0;    ///< unix time, set once a turn of the event loop
  bool keep_expired = false;  ///< replica, or loading, or paused: hide expired keys instead of removing
  bool show_expired = false;  ///< the master's stream is being applied: expired keys count as present
  std::uint64_t dirty = 0;    ///< changes since the last save
  std::uint64_t hits = 0, misses = 0, expired = 0;
  std::uint64_t expiries_seen = 0;  ///< keys that expire_some() looked at
  /// Called for each key removed because its time had come; null while nobody cares.
  std::function<void(Database&, std::string_view key)> on_expired;
  /// Called for each key made, and for each read of one that is not there.
  std::function<void(Database&, std::string_view key)> on_new, on_missed;
  /// Called for each key changed or removed (WATCH, blocked clients).
  std::function<void(Database&, std::string_view key)> on_touched;
};

class Database {
 public:
  using Table = Dict<EntryTraits>;
  using SlotOf = int (*)(std::string_view);

  /// With a slot function: one table a slot (cluster mode).
  Database(int index, KeyspaceState& state, SlotOf slot_of);

  int index() const { return index_; }
  void set_index(int index) { index_ = index; }
  std::size_t size() const { return size_; }
  std::size_t expiring() const { return expiries_.size(); }

  /// For commands that read: counts a hit or a miss, and notes the access. Null when absent or past its time.
  Entry* read(std::string_view key, bool note_access = true);
  /// For commands that change, and for peeking: no statistics.
  Entry* lookup(std::string_view key);
  bool contains(std::string_view key) { return lookup(key) != nullptr; }
  /// For commands that change a value in place: its use is noted.
  Entry* change(std::string_view key) {
    Entry* e = lookup(key);
    if (e) note_use(*e);
    return e;
  }
  /// What is in the table, its time come or not; nothing is removed.
  const Entry* stored(std::string_view key) const {
    return tables_[slot_of_ ? static_cast<std::size_t>(slot_of_(key)) : 0].find_quiet(key);
  }

  /// Puts a value under a key, whatever was there; the expiry goes unless kept.
  Entry* set(std::string_view key, Value value, bool keep_expiry = false);
  /// SET's fast path: integers become int, short strings stay in the entry.
  void set_text(std::string_view key, std::string_view text, bool keep_expiry = false);
  bool remove(std::string_view key);
  /// Removes and hands the value over (RENAME).
  std::optional<Value> take(std::string_view key);

  std::optional<std::int64_t> expiry(const Entry& entry) const;
  void set_expiry(Entry& entry, std::int64_t at_ms);
  bool clear_expiry(Entry& entry);

  /// A change of a key: who watches or waits for it is told.
  void touched(std::string_view key) {
    if (state_.on_touched) state_.on_touched(*this, key);
  }

  void clear();
  void swap_contents(Database& other);
  std::string random_key(Random& rng);
  /// Visits up to `count` keys of a random place (of all keys, or of those that expire) with their expiry
  /// time, one at least if there is any. REQUIRES: visit changes nothing.
  void sample(bool expiring_only, std::size_t count, Random& rng,
              const std::function<void(const Entry&, std::int64_t expires_ms)>& visit) const;
  /// About the bytes that removing the key gives back.
  std::size_t memory_of(std::string_view key) const;
  /// Bytes of the tables of keys and of expiry times, without the values.
  std::size_t table_memory() const;
  std::size_t expiry_memory() const { return expiries_.memory() + expiring() * sizeof(Expiry); }
  std::uint64_t scan(std::uint64_t cursor, const std::function<void(Entry&)>& visit);
  void for_each(const std::function<void(Entry&)>& visit) const;

  std::size_t keys_in_slot(int slot) const;
  void for_slot(int slot, std::size_t limit, const std::function<void(std::string_view)>& visit) const;

  /// Removes keys past their time, looking at about `samples` keys a round, until few are found or `deadline`
  /// says stop. Returns how many went.
  std::size_t expire_some(std::size_t samples, const std::function<bool()>& deadline);
  /// Idle work: moves buckets of a table that is being resized.
  void rehash(std::size_t budget);
  /// Expected remaining life in ms, sampled; 0 when nothing expires. As INFO's avg_ttl.
  std::int64_t average_ttl();
  void reserve(std::size_t keys) {
    if (!slot_of_) tables_[0].reserve(keys);
  }

  /// True when the key's time has come.
  bool past(const Entry& entry) const;

 private:
  struct Expiry {
    Expiry* next;
    Entry* entry;
    std::int64_t at_ms;
  };
  struct ExpiryTraits {
    using Node = Expiry;
    static bool may_grow(std::size_t bytes) { return EntryTraits::may_grow(bytes); }
    static std::string_view key(const Expiry* x) { return x->entry->key(); }
    static void destroy(Expiry* x) { delete x; }
  };

  Table& table(std::string_view key) {
    return tables_[slot_of_ ? static_cast<std::size_t>(slot_of_(key)) : 0];
  }
  void note_use(Entry& e) const { e.accessed = access::again(e.accessed, state_.now_ms) & 0x7FFFFFFF; }
  void relocate(Table& table, Entry* old, Entry* fresh);

  int index_;
  KeyspaceState& state_;
  SlotOf slot_of_;
  std::vector<Table> tables_;
  Dict<ExpiryTraits> expiries_;
  std::size_t size_ = 0;
};

/// Reduces a string to what SET would store: an integer when it is one.
Value make_string(std::string_view text);

}  // namespace node
