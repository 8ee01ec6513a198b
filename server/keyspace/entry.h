/// One key with its value. Header, key and a short string value share one allocation, so that a small key
/// costs a single block.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "server/keyspace/access.h"
#include "server/keyspace/dict.h"
#include "server/keyspace/hashmap.h"
#include "server/keyspace/list.h"
#include "server/keyspace/set.h"
#include "server/keyspace/stream.h"
#include "server/keyspace/zset.h"

namespace node {

/// A string kept behind the key in the entry's own block.
struct InlineString {
  std::uint32_t size = 0;
  std::uint32_t capacity = 0;
};

/// In the order of the TYPE command's families; the first three are all strings.
using Value = std::variant<InlineString, std::int64_t, std::unique_ptr<std::string>, std::unique_ptr<List>,
                           std::unique_ptr<Set>, std::unique_ptr<HashMap>, std::unique_ptr<Zset>,
                           std::unique_ptr<Stream>>;

enum class Type : std::uint8_t { string, list, set, hash, zset, stream };

inline Type type_of(const Value& v) {
  constexpr Type types[] = {Type::string, Type::string, Type::string, Type::list,
                            Type::set,    Type::hash,   Type::zset,   Type::stream};
  return types[v.index()];
}

inline const char* type_name(Type t) {
  constexpr const char* names[] = {"string", "list", "set", "hash", "zset", "stream"};
  return names[static_cast<int>(t)];
}

struct Entry {
  /// Longest string kept inline; also where OBJECT ENCODING turns from embstr to raw.
  static constexpr std::size_t kInlineMax = 44;

  Entry* next;
  std::uint32_t key_size;
  std::uint32_t has_expiry : 1;
  std::uint32_t accessed : 31;  ///< see access.h
  Value value;

  std::string_view key() const { return {tail(), key_size}; }
  const char* tail() const { return reinterpret_cast<const char*>(this + 1); }
  char* tail() { return reinterpret_cast<char*>(this + 1); }
  Type type() const { return type_of(value); }

  /// REQUIRES: a string. `digits` (24 bytes) holds an integer's text.
  std::string_view text(char* digits) const;
  std::size_t text_size() const;

  /// Overwrites an inline string in place; false when it does not fit.
  bool assign_inline(std::string_view text) {
    if (text.size() > tail_room()) return false;
    value = InlineString{static_cast<std::uint32_t>(text.size()), tail_room()};
    std::memcpy(tail() + key_size, text.data(), text.size());
    return true;
  }
  std::uint32_t tail_room() const;

  static Entry* make(std::string_view key, std::size_t inline_room) {
    void* raw = std::malloc(sizeof(Entry) + key.size() + inline_room);
    if (!raw) throw std::bad_alloc();
    auto* e = new (raw) Entry{nullptr, static_cast<std::uint32_t>(key.size()), 0, 0, InlineString{}};
    std::memcpy(e->tail(), key.data(), key.size());
    return e;
  }
  static void destroy(Entry* e) {
    e->~Entry();
    std::free(e);
  }
};

namespace access {
/// What another server told of a key's use, as far as the policy here keeps it.
inline void restore(Entry& e, std::optional<std::int64_t> idle_s, std::optional<std::int64_t> count,
                    std::int64_t now_ms) {
  if (access_tracking.frequency) {
    if (count) e.accessed = with_count(static_cast<std::uint32_t>(*count), now_ms) & 0x7FFFFFFF;
  } else if (idle_s) {
    e.accessed = seconds(std::max<std::int64_t>(0, now_ms / 1000 - *idle_s) * 1000) & 0x7FFFFFFF;
  }
}
}  // namespace access

/// Whether so many bytes more may be used for a larger table of keys; unset: always.
inline std::function<bool(std::size_t bytes)> may_grow_keyspace;

struct EntryTraits {
  using Node = Entry;
  static bool may_grow(std::size_t bytes) { return !may_grow_keyspace || may_grow_keyspace(bytes); }
  static std::string_view key(const Entry* e) { return e->key(); }
  static void destroy(Entry* e) { Entry::destroy(e); }
};

/// As OBJECT ENCODING answers.
const char* encoding_name(const Value& value);
std::size_t memory_of(const Entry& entry);

}  // namespace node
