#include "server/keyspace/hashmap.h"

#include "server/keyspace/limits.h"

namespace node {

HashMap::HashMap(const HashMap& other) {
  if (const Listpack* pack = other.compact()) {
    form_ = *pack;
    return;
  }
  Table& table = form_.emplace<Table>();
  table.reserve(other.size());
  std::get<Table>(other.form_).for_each([&](const Field* f) {
    table.insert(Field::make(f->name(), f->value()));
  });
}

std::size_t HashMap::size() const {
  const Listpack* pack = compact();
  return pack ? pack->size() / 2 : std::get<Table>(form_).size();
}

HashMap::Table& HashMap::unpack() {
  if (compact()) {
    Table table;
    for_each([&](std::string_view f, std::string_view v) {
      table.insert(Field::make(f, v));
      return true;
    });
    form_ = std::move(table);
  }
  return std::get<Table>(form_);
}

bool HashMap::set(std::string_view field, std::string_view value) {
  if (auto* pack = std::get_if<Listpack>(&form_)) {
    if (field.size() <= encoding_limits.hash_value && value.size() <= encoding_limits.hash_value) {
      const Listpack::Position at = pack->find(pack->first(), field, 1);
      if (at) {
        pack->replace(pack->next(at), value);
        return false;
      }
      pack->append(field);
      pack->append(value);
      if (pack->size() / 2 > encoding_limits.hash_entries) unpack();
      return true;
    }
  }
  Table& table = unpack();
  if (Field* old = table.find(field)) {
    if (!old->overwrite(value)) {
      table.replace(old, Field::make(field, value));
      FieldTraits::destroy(old);
    }
    return false;
  }
  table.insert(Field::make(field, value));
  return true;
}

bool HashMap::erase(std::string_view field) {
  if (auto* pack = std::get_if<Listpack>(&form_)) {
    Listpack::Position at = pack->find(pack->first(), field, 1);
    if (!at) return false;
    at = pack->erase(at);
    pack->erase(at);
    return true;
  }
  return std::get<Table>(form_).erase(field);
}

std::optional<std::string_view> HashMap::get(std::string_view field, char* digits) const {
  if (const Listpack* pack = compact()) {
    const Listpack::Position at = pack->find(pack->first(), field, 1);
    if (!at) return std::nullopt;
    return pack->get(pack->next(at)).view(digits);
  }
  const Field* f = std::get<Table>(form_).find_quiet(field);
  if (!f) return std::nullopt;
  return f->value();
}

bool HashMap::contains(std::string_view field) const {
  char digits[24];
  return get(field, digits).has_value();
}

void HashMap::for_each(const Visit& visit) const {
  if (const Listpack* pack = compact()) {
    char name_digits[24], value_digits[24];
    for (Listpack::Position at = pack->first(); at;) {
      const Listpack::Position value = pack->next(at);
      if (!visit(pack->get(at).view(name_digits), pack->get(value).view(value_digits))) return;
      at = pack->next(value);
    }
    return;
  }
  bool more = true;
  std::get<Table>(form_).for_each([&](const Field* f) { more = more && visit(f->name(), f->value()); });
}

std::uint64_t HashMap::scan(std::uint64_t cursor,
                            const std::function<void(std::string_view, std::string_view)>& visit) const {
  if (compact()) {
    for_each([&](std::string_view f, std::string_view v) { return visit(f, v), true; });
    return 0;
  }
  return std::get<Table>(form_).scan(cursor, [&](const Field* f) { visit(f->name(), f->value()); });
}

std::pair<std::string, std::string> HashMap::random(Random& rng) {
  if (const Listpack* pack = compact()) {
    const auto at = pack->seek(static_cast<std::int64_t>(2 * rng.below(size())));
    return {pack->get(at).str(), pack->get(pack->next(at)).str()};
  }
  const Field* f = std::get<Table>(form_).random(rng);
  return {std::string(f->name()), std::string(f->value())};
}

std::size_t HashMap::memory() const {
  if (const Listpack* pack = compact()) return pack->total() + sizeof(*this);
  std::size_t bytes = std::get<Table>(form_).memory();
  for_each([&](std::string_view f, std::string_view v) {
    bytes += sizeof(Field) + f.size() + v.size() + 8;
    return true;
  });
  return bytes;
}

}  // namespace node
