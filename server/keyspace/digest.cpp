#include "server/keyspace/digest.h"

#include <arpa/inet.h>

#include <cstdio>

#include "server/keyspace/sha1.h"

namespace node {

namespace {

/// The numbers that redis gives its types.
std::uint32_t type_number(Type type) {
  switch (type) {
    case Type::string:
      return 0;
    case Type::list:
      return 1;
    case Type::set:
      return 2;
    case Type::zset:
      return 3;
    case Type::hash:
      return 4;
    case Type::stream:
      return 6;
  }
  return 0;
}

/// In any order.
void add(Digest& digest, std::string_view bytes) {
  const Digest part = sha1(bytes);
  for (std::size_t i = 0; i < digest.size(); ++i) digest[i] ^= part[i];
}

void add(Digest& digest, const Digest& other) {
  add(digest, {reinterpret_cast<const char*>(other.data()), other.size()});
}

/// In this order.
void append(Digest& digest, std::string_view bytes) {
  add(digest, bytes);
  digest = sha1({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

void append(Digest& digest, std::uint32_t number) {
  const std::uint32_t big = htonl(number);
  append(digest, {reinterpret_cast<const char*>(&big), sizeof big});
}

struct Mixer {
  const Entry& entry;
  Digest& digest;

  void text() const {
    char digits[24];
    append(digest, entry.text(digits));
  }
  void operator()(const InlineString&) const { text(); }
  void operator()(std::int64_t) const { text(); }
  void operator()(const std::unique_ptr<std::string>&) const { text(); }
  void operator()(const std::unique_ptr<List>& list) const {
    char digits[24];
    list->for_range(0, list->size() - 1,
                    [&](const Listpack::Element& e) { return append(digest, e.view(digits)), true; });
  }
  void operator()(const std::unique_ptr<Set>& set) const {
    set->for_each([&](std::string_view m) { return add(digest, m), true; });
  }
  void operator()(const std::unique_ptr<HashMap>& hash) const {
    hash->for_each([&](std::string_view field, std::string_view value) {
      Digest pair{};
      append(pair, field);
      append(pair, value);
      return add(digest, pair), true;
    });
  }
  void operator()(const std::unique_ptr<Zset>& zset) const {
    zset->for_each([&](std::string_view member, double score) {
      char number[64];
      const int n = std::snprintf(number, sizeof number, "%.17g", score);
      Digest pair{};
      append(pair, member);
      append(pair, std::string_view(number, static_cast<std::size_t>(n)));
      return add(digest, pair), true;
    });
  }
  void operator()(const std::unique_ptr<Stream>& stream) const {
    for (StreamCursor cursor(*stream); cursor.next();) {
      append(digest, std::to_string(cursor.id().ms) + "." + std::to_string(cursor.id().seq));
      cursor.for_fields([&](std::string_view field, std::string_view value) {
        append(digest, field);
        append(digest, value);
      });
    }
  }
};

void append_value(Digest& digest, const Entry& entry, bool expires) {
  append(digest, type_number(entry.type()));
  std::visit(Mixer{entry, digest}, entry.value);
  if (expires) add(digest, std::string_view("!!expire!!"));
}

}  // namespace

Digest digest_of_value(const Entry& entry, bool expires) {
  Digest digest{};
  append_value(digest, entry, expires);
  return digest;
}

Digest digest_of_all(std::span<const std::unique_ptr<Database>> databases) {
  Digest all{};
  for (const auto& db : databases) {
    if (db->size() == 0) continue;
    append(all, static_cast<std::uint32_t>(db->index()));
    db->for_each([&](Entry& e) {
      Digest one{};
      append(one, e.key());
      append_value(one, e, e.has_expiry);
      add(all, one);
    });
  }
  return all;
}

std::string to_hex(const Digest& digest) {
  std::string text;
  for (const std::uint8_t byte : digest) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

}  // namespace node
