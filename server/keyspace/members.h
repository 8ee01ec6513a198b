/// The two node shapes behind large sets and hashes: bytes follow the header in the same allocation.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>

#include "server/keyspace/dict.h"

namespace node {

struct Member {
  Member* next;
  std::uint32_t size;

  std::string_view text() const { return {reinterpret_cast<const char*>(this + 1), size}; }
  static Member* make(std::string_view text) {
    auto* m = static_cast<Member*>(std::malloc(sizeof(Member) + text.size()));
    if (!m) throw std::bad_alloc();
    m->next = nullptr;
    m->size = static_cast<std::uint32_t>(text.size());
    std::memcpy(static_cast<void*>(m + 1), text.data(), text.size());
    return m;
  }
};

struct MemberTraits {
  using Node = Member;
  static std::string_view key(const Member* m) { return m->text(); }
  static void destroy(Member* m) { std::free(m); }
};

struct Field {
  Field* next;
  std::uint32_t name_size;
  std::uint32_t value_size;

  const char* data() const { return reinterpret_cast<const char*>(this + 1); }
  std::string_view name() const { return {data(), name_size}; }
  std::string_view value() const { return {data() + name_size, value_size}; }
  /// Keeps the place when the new value is exactly as long; false otherwise.
  bool overwrite(std::string_view value) {
    if (value.size() != value_size) return false;
    std::memcpy(reinterpret_cast<char*>(this + 1) + name_size, value.data(), value.size());
    return true;
  }
  static Field* make(std::string_view name, std::string_view value) {
    auto* f = static_cast<Field*>(std::malloc(sizeof(Field) + name.size() + value.size()));
    if (!f) throw std::bad_alloc();
    f->next = nullptr;
    f->name_size = static_cast<std::uint32_t>(name.size());
    f->value_size = static_cast<std::uint32_t>(value.size());
    char* text = reinterpret_cast<char*>(f + 1);
    std::memcpy(text, name.data(), name.size());
    std::memcpy(text + name.size(), value.data(), value.size());
    return f;
  }
};

struct FieldTraits {
  using Node = Field;
  static std::string_view key(const Field* f) { return f->name(); }
  static void destroy(Field* f) { std::free(f); }
};

}  // namespace node
