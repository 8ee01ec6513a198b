/// A list: a queue of listpacks of a bounded size, so that both ends are cheap and small elements stay
/// packed (list-max-listpack-size). A large element stands in a pack of its own, which nothing joins.
#pragma once

#include <cstdint>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "server/keyspace/listpack.h"

namespace node {

class List {
 public:
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  void push_front(std::string_view value);
  void push_back(std::string_view value);
  void push(std::string_view value, bool front) { front ? push_front(value) : push_back(value); }
  /// REQUIRES: not empty.
  std::string pop(bool front);

  /// REQUIRES: 0 <= index < size() for these three.
  std::string at(std::size_t index) const;
  void set(std::size_t index, std::string_view value);
  void erase_range(std::size_t from, std::size_t count);

  /// Inserts beside the first element equal to pivot; false when there is none.
  bool insert(std::string_view pivot, std::string_view value, bool before);
  /// LREM: count > 0 from the front, < 0 from the back, 0 all. Returns how many went.
  std::size_t remove(std::string_view value, std::int64_t count);

  /// Visits elements [from, to]; the visitor answers false to stop.
  void for_range(std::size_t from, std::size_t to,
                 const std::function<bool(const Listpack::Element&)>& visit) const;
  /// The same from back to front: to, to-1, …, from.
  void for_range_backwards(std::size_t from, std::size_t to,
                           const std::function<bool(const Listpack::Element&)>& visit) const;

  const std::vector<Listpack>& packs() const { return packs_; }
  void add_pack(Listpack pack);
  std::size_t memory() const;

 private:
  struct Place {
    std::size_t pack;
    Listpack::Position at;
  };
  Place locate(std::size_t index) const;
  void drop_if_empty(std::size_t pack);
  void put_between(std::size_t pack, Listpack::Position at, std::string_view value);

  std::vector<Listpack> packs_;
  std::size_t size_ = 0;
};

}  // namespace node
