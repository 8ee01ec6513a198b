/// A hash value: a listpack of field, value, field, value … while small, a table of fields afterwards.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "server/keyspace/listpack.h"
#include "server/keyspace/members.h"

namespace node {

class HashMap {
 public:
  using Table = Dict<FieldTraits>;
  using Visit = std::function<bool(std::string_view field, std::string_view value)>;

  HashMap() = default;
  HashMap(const HashMap& other);
  HashMap(HashMap&&) = default;
  HashMap& operator=(HashMap&&) = default;

  std::size_t size() const;
  bool empty() const { return size() == 0; }
  /// True when the field is new.
  bool set(std::string_view field, std::string_view value);
  bool erase(std::string_view field);
  /// The view is good until the next change; an integer's digits live in `digits` (24 bytes).
  std::optional<std::string_view> get(std::string_view field, char* digits) const;
  bool contains(std::string_view field) const;

  /// The visitor answers false to stop; it must not change the hash.
  void for_each(const Visit& visit) const;
  std::uint64_t scan(std::uint64_t cursor,
                     const std::function<void(std::string_view, std::string_view)>& visit) const;
  /// REQUIRES: not empty.
  std::pair<std::string, std::string> random(Random& rng);

  const Listpack* compact() const { return std::get_if<Listpack>(&form_); }
  /// REQUIRES: an even number of elements, fields distinct.
  void adopt(Listpack pack) { form_ = std::move(pack); }
  std::size_t memory() const;

 private:
  Table& unpack();
  std::variant<Listpack, Table> form_;
};

}  // namespace node
