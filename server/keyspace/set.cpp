#include "server/keyspace/set.h"

#include "server/keyspace/limits.h"
#include "server/keyspace/number.h"

namespace node {

Set::Set(const Set& other) {
  if (const Intset* ints = other.compact()) {
    form_ = *ints;
    return;
  }
  Table& table = form_.emplace<Table>();
  table.reserve(other.size());
  std::get<Table>(other.form_).for_each([&](const Member* m) { table.insert(Member::make(m->text())); });
}

std::size_t Set::size() const {
  return std::visit([](const auto& form) { return form.size(); }, form_);
}

Set::Table& Set::unpack() {
  if (const Intset* ints = compact()) {
    Table table;
    char digits[24];
    for (std::size_t i = 0; i < ints->size(); ++i)
      table.insert(Member::make({digits, write_integer(digits, ints->at(i))}));
    form_ = std::move(table);
  }
  return std::get<Table>(form_);
}

bool Set::insert(std::string_view member) {
  if (auto* ints = std::get_if<Intset>(&form_)) {
    const auto number = parse_integer(member);
    if (number) {
      if (!ints->insert(*number)) return false;
      if (ints->size() > encoding_limits.set_intset_entries) unpack();
      return true;
    }
  }
  Table& table = unpack();
  if (table.find(member)) return false;
  table.insert(Member::make(member));
  return true;
}

bool Set::erase(std::string_view member) {
  if (auto* ints = std::get_if<Intset>(&form_)) {
    const auto number = parse_integer(member);
    return number && ints->erase(*number);
  }
  return std::get<Table>(form_).erase(member);
}

bool Set::contains(std::string_view member) const {
  if (const Intset* ints = compact()) {
    const auto number = parse_integer(member);
    return number && ints->contains(*number);
  }
  return std::get<Table>(form_).find_quiet(member) != nullptr;
}

void Set::for_each(const std::function<bool(std::string_view)>& visit) const {
  if (const Intset* ints = compact()) {
    char digits[24];
    for (std::size_t i = 0; i < ints->size(); ++i)
      if (!visit({digits, write_integer(digits, ints->at(i))})) return;
    return;
  }
  bool more = true;
  std::get<Table>(form_).for_each([&](const Member* m) { more = more && visit(m->text()); });
}

std::uint64_t Set::scan(std::uint64_t cursor, const std::function<void(std::string_view)>& visit) const {
  if (compact()) {
    for_each([&](std::string_view m) { return visit(m), true; });
    return 0;
  }
  return std::get<Table>(form_).scan(cursor, [&](const Member* m) { visit(m->text()); });
}

std::string Set::random(Random& rng) {
  if (const Intset* ints = compact()) return std::to_string(ints->at(rng.below(ints->size())));
  return std::string(std::get<Table>(form_).random(rng)->text());
}

std::size_t Set::memory() const {
  if (const Intset* ints = compact()) return ints->memory();
  std::size_t bytes = std::get<Table>(form_).memory();
  for_each([&](std::string_view m) { return bytes += sizeof(Member) + m.size() + 8, true; });
  return bytes;
}

}  // namespace node
