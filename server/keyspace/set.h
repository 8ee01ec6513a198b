/// A set: an intset while its members are few integers, a hash table afterwards (it never goes back).
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>

#include "server/keyspace/intset.h"
#include "server/keyspace/members.h"

namespace node {

class Set {
 public:
  using Table = Dict<MemberTraits>;

  Set() = default;
  Set(const Set& other);
  Set(Set&&) = default;
  Set& operator=(Set&&) = default;

  std::size_t size() const;
  bool empty() const { return size() == 0; }
  bool insert(std::string_view member);
  bool erase(std::string_view member);
  bool contains(std::string_view member) const;

  /// The visitor answers false to stop; it must not change the set.
  void for_each(const std::function<bool(std::string_view)>& visit) const;
  std::uint64_t scan(std::uint64_t cursor, const std::function<void(std::string_view)>& visit) const;
  /// REQUIRES: not empty.
  std::string random(Random& rng);

  const Intset* compact() const { return std::get_if<Intset>(&form_); }
  void adopt(Intset compact) { form_ = std::move(compact); }
  std::size_t memory() const;

 private:
  Table& unpack();
  std::variant<Intset, Table> form_;
};

}  // namespace node
