/// A chained hash table of nodes that the caller allocates: the key, the value and the chain pointer share
/// one allocation, which is what keeps a small key cheap. It grows and shrinks incrementally: while two
/// tables exist each operation moves one bucket, so that no single command pays for a whole rehash.
///
/// Scanning: a cursor counts with its bits reversed (high bits first), so that it stays meaningful while the
/// table doubles or halves between two calls: every element present during the whole scan is returned at
/// least once.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "server/keyspace/hash.h"

namespace node {

/// Traits: Node; static std::string_view key(const Node*); static void destroy(Node*). Node has `Node* next`.
template <class Traits>
class Dict {
 public:
  using Node = typename Traits::Node;

  Dict() = default;
  Dict(const Dict&) = delete;
  Dict& operator=(const Dict&) = delete;
  Dict(Dict&& other) noexcept { swap(other); }
  Dict& operator=(Dict&& other) noexcept {
    swap(other);
    return *this;
  }
  ~Dict() { clear(); }

  void swap(Dict& other) noexcept {
    std::swap(table_[0], other.table_[0]);
    std::swap(table_[1], other.table_[1]);
    std::swap(moved_, other.moved_);
  }

  std::size_t size() const { return table_[0].used + table_[1].used; }
  bool empty() const { return size() == 0; }
  bool rehashing() const { return table_[1].slots != nullptr; }
  std::size_t buckets() const { return table_[0].count() + table_[1].count(); }
  std::size_t memory() const { return buckets() * sizeof(Node*) + sizeof(*this); }

  Node* find(std::string_view key) {
    step();
    return find_quiet(key);
  }

  /// find without the rehash step: usable while iterating and on const tables.
  Node* find_quiet(std::string_view key) const {
    const std::uint64_t h = hash_bytes(key);
    for (const Table& t : table_) {
      if (!t.slots) continue;
      for (Node* n = t.slots[h & t.mask]; n; n = n->next)
        if (Traits::key(n) == key) return n;
    }
    return nullptr;
  }

  /// REQUIRES: no node with this key is present.
  void insert(Node* node) {
    grow_if_full();
    step();
    Table& t = table_[rehashing() ? 1 : 0];
    Node*& head = t.slots[hash_bytes(Traits::key(node)) & t.mask];
    node->next = head;
    head = node;
    ++t.used;
  }

  /// Unlinks and returns the node, which the caller now owns; null when absent.
  Node* take(std::string_view key) {
    step();
    const std::uint64_t h = hash_bytes(key);
    for (Table& t : table_) {
      if (!t.slots) continue;
      for (Node** link = &t.slots[h & t.mask]; *link; link = &(*link)->next) {
        Node* n = *link;
        if (Traits::key(n) != key) continue;
        *link = n->next;
        --t.used;
        shrink_if_sparse();
        return n;
      }
    }
    return nullptr;
  }

  bool erase(std::string_view key) {
    Node* n = take(key);
    if (n) Traits::destroy(n);
    return n != nullptr;
  }

  /// Puts `fresh` (same key) where `old` is linked; the caller owns `old` afterwards.
  void replace(Node* old, Node* fresh) {
    const std::uint64_t h = hash_bytes(Traits::key(old));
    for (Table& t : table_) {
      if (!t.slots) continue;
      for (Node** link = &t.slots[h & t.mask]; *link; link = &(*link)->next) {
        if (*link != old) continue;
        fresh->next = old->next;
        *link = fresh;
        return;
      }
    }
  }

  void clear() {
    for (Table& t : table_) {
      for (std::size_t i = 0; i < t.count(); ++i)
        for (Node* n = t.slots[i]; n;) Traits::destroy(std::exchange(n, n->next));
      std::free(t.slots);
      t = Table{};
    }
    moved_ = 0;
  }

  /// Visits every node. The visitor must not change the table.
  template <class F>
  void for_each(F&& visit) const {
    for (const Table& t : table_)
      for (std::size_t i = 0; i < t.count(); ++i)
        for (Node *n = t.slots[i], *following; n; n = following) {
          following = n->next;
          visit(n);
        }
  }

  /// Visits one bucket (and its images in the other table); returns the next cursor, 0 at the end.
  /// The visitor must not change the table.
  template <class F>
  std::uint64_t scan(std::uint64_t cursor, F&& visit) const {
    if (empty()) return 0;
    auto bucket = [&](const Table& t, std::uint64_t v) {
      for (Node *n = t.slots[v & t.mask], *following; n; n = following) {
        following = n->next;
        visit(n);
      }
    };
    if (!rehashing()) {
      bucket(table_[0], cursor);
      return advance(cursor, table_[0].mask);
    }
    const bool first_small = table_[0].mask <= table_[1].mask;
    const Table& small = table_[first_small ? 0 : 1];
    const Table& large = table_[first_small ? 1 : 0];
    bucket(small, cursor);
    // Every bucket of the larger table that the small bucket expands to.
    do {
      bucket(large, cursor);
      cursor = advance(cursor, large.mask);
    } while (cursor & (small.mask ^ large.mask));
    return cursor;
  }

  /// A random node, each as likely as any other; null when empty. A bucket is drawn, then one of kPlaces
  /// places in it, until that place is taken: a longer chain (next to never) gives each of its nodes less.
  Node* random(Random& rng) {
    constexpr std::size_t kPlaces = 8;
    if (empty()) return nullptr;
    step();
    for (;;) {
      const std::size_t total = buckets();
      std::size_t at = rng.below(total);
      const Table& t = at < table_[0].count() ? table_[0] : table_[1];
      if (&t == &table_[1]) at -= table_[0].count();
      std::size_t length = 0;
      for (Node* n = t.slots[at]; n; n = n->next) ++length;
      const std::size_t place = length <= kPlaces ? rng.below(kPlaces) : rng.below(length);
      if (place >= length) continue;
      Node* n = t.slots[at];
      for (std::size_t skip = place; skip; --skip) n = n->next;
      return n;
    }
  }

  /// Visits up to `count` nodes from a random bucket on, one at least unless empty: neighbours, not each as
  /// likely as any other, but for the price of a few buckets. For sampling.
  template <class F>
  void some(Random& rng, std::size_t count, F&& visit) const {
    constexpr std::size_t kPatience = 10;
    if (empty()) return;
    const std::size_t total = buckets(), first = rng.below(total);
    std::size_t found = 0;
    for (std::size_t i = 0; i < total && found < count && (found == 0 || i < count * kPatience); ++i) {
      const std::size_t at = (first + i) % total;
      const bool second = at >= table_[0].count();
      const Table& t = table_[second];
      for (Node* n = t.slots[second ? at - table_[0].count() : at]; n && found < count; n = n->next) {
        visit(n);
        ++found;
      }
    }
  }

  /// Moves up to `budget` buckets; true while work remains. For the idle loop.
  bool rehash(std::size_t budget) {
    while (budget-- && rehashing()) step();
    return rehashing();
  }

  void reserve(std::size_t n) {
    if (!rehashing() && empty() && n > table_[0].count()) resize(n);
  }

 private:
  struct Table {
    Node** slots = nullptr;
    std::size_t mask = 0;
    std::size_t used = 0;
    std::size_t count() const { return slots ? mask + 1 : 0; }
  };

  static std::uint64_t reverse(std::uint64_t v) {
    v = __builtin_bswap64(v);
    v = ((v >> 4) & 0x0f0f0f0f0f0f0f0fULL) | ((v & 0x0f0f0f0f0f0f0f0fULL) << 4);
    v = ((v >> 2) & 0x3333333333333333ULL) | ((v & 0x3333333333333333ULL) << 2);
    return ((v >> 1) & 0x5555555555555555ULL) | ((v & 0x5555555555555555ULL) << 1);
  }

  static std::uint64_t advance(std::uint64_t cursor, std::uint64_t mask) {
    cursor |= ~mask;
    return reverse(reverse(cursor) + 1);
  }

  void resize(std::size_t wanted) {
    std::size_t n = 4;
    while (n < wanted) n *= 2;
    if (n == table_[0].count()) return;
    Table fresh;
    fresh.slots = static_cast<Node**>(std::calloc(n, sizeof(Node*)));
    if (!fresh.slots) std::abort();
    fresh.mask = n - 1;
    if (table_[0].used == 0) {
      std::free(table_[0].slots);
      table_[0] = fresh;
      return;
    }
    table_[1] = fresh;
    moved_ = 0;
  }

  void grow_if_full() {
    if (rehashing()) return;
    if (table_[0].slots && table_[0].used < table_[0].count()) return;
    // A table may ask to stay crowded for a while, where a larger one would not fit in memory.
    if constexpr (requires { Traits::may_grow(std::size_t{}); }) {
      const bool bearable = table_[0].used * 5 < table_[0].count() * 8;
      if (table_[0].slots && bearable && !Traits::may_grow(table_[0].count() * 2 * sizeof(Node*))) return;
    }
    resize(table_[0].used * 2);
  }

  void shrink_if_sparse() {
    if (!rehashing() && table_[0].count() > 16 && table_[0].used * 10 < table_[0].count())
      resize(table_[0].used);
  }

  void step() {
    if (!rehashing()) return;
    std::size_t empty_visits = 10;
    while (moved_ < table_[0].count() && !table_[0].slots[moved_]) {
      ++moved_;
      if (--empty_visits == 0) return;
    }
    if (moved_ < table_[0].count()) {
      for (Node* n = table_[0].slots[moved_]; n;) {
        Node* following = n->next;
        Node*& head = table_[1].slots[hash_bytes(Traits::key(n)) & table_[1].mask];
        n->next = head;
        head = n;
        --table_[0].used;
        ++table_[1].used;
        n = following;
      }
      table_[0].slots[moved_++] = nullptr;
    }
    if (table_[0].used == 0) {
      std::free(table_[0].slots);
      table_[0] = std::exchange(table_[1], Table{});
      moved_ = 0;
    }
  }

  Table table_[2];
  std::size_t moved_ = 0;
};

}  // namespace node
