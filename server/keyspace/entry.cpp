#include "server/keyspace/entry.h"

#include <malloc.h>

#include "server/keyspace/number.h"

namespace node {

std::uint32_t Entry::tail_room() const {
  // The allocator rounds up; what it gave away anyway is ours to use.
  const std::size_t block = malloc_usable_size(const_cast<Entry*>(this));
  const std::size_t used = sizeof(Entry) + key_size;
  return block > used ? static_cast<std::uint32_t>(std::min<std::size_t>(block - used, kInlineMax)) : 0;
}

std::string_view Entry::text(char* digits) const {
  if (const auto* in = std::get_if<InlineString>(&value)) return {tail() + key_size, in->size};
  if (const auto* n = std::get_if<std::int64_t>(&value)) return {digits, write_integer(digits, *n)};
  return *std::get<std::unique_ptr<std::string>>(value);
}

std::size_t Entry::text_size() const {
  char digits[24];
  return text(digits).size();
}

const char* encoding_name(const Value& value) {
  switch (value.index()) {
    case 0:
      return "embstr";
    case 1:
      return "int";
    case 2:
      return "raw";
    case 3:
      return "quicklist";
    case 4:
      return std::get<std::unique_ptr<Set>>(value)->compact() ? "intset" : "hashtable";
    case 5:
      return std::get<std::unique_ptr<HashMap>>(value)->compact() ? "listpack" : "hashtable";
    case 6:
      return std::get<std::unique_ptr<Zset>>(value)->compact() ? "listpack" : "skiplist";
    default:
      return "stream";
  }
}

std::size_t memory_of(const Entry& entry) {
  const std::size_t own = malloc_usable_size(const_cast<Entry*>(&entry)) + sizeof(void*);
  struct {
    std::size_t operator()(const InlineString&) const { return 0; }
    std::size_t operator()(std::int64_t) const { return 0; }
    std::size_t operator()(const std::unique_ptr<std::string>& s) const { return s->capacity() + 40; }
    std::size_t operator()(const std::unique_ptr<List>& v) const { return v->memory(); }
    std::size_t operator()(const std::unique_ptr<Set>& v) const { return v->memory(); }
    std::size_t operator()(const std::unique_ptr<HashMap>& v) const { return v->memory(); }
    std::size_t operator()(const std::unique_ptr<Zset>& v) const { return v->memory(); }
    std::size_t operator()(const std::unique_ptr<Stream>& v) const { return v->memory(); }
  } visitor;
  return own + std::visit(visitor, entry.value);
}

}  // namespace node
