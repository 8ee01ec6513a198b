/// A sorted set of integers, each 2, 4 or 8 bytes wide, whichever the widest needs: the compact form of a set
/// whose members are all integers. The bytes are the dump file's own: u32 width, u32 count, little-endian
/// members.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace node {

class Intset {
 public:
  std::size_t size() const { return width_ ? data_.size() / width_ : 0; }
  std::int64_t at(std::size_t i) const { return load(i, width_); }
  bool contains(std::int64_t value) const { return search(value).second; }
  bool insert(std::int64_t value);
  bool erase(std::int64_t value);

  std::string to_bytes() const;
  /// Null unless the bytes are a sorted intset of a known width.
  static std::optional<Intset> from_bytes(std::string_view bytes);
  std::size_t memory() const { return sizeof(*this) + data_.capacity(); }

 private:
  static std::uint32_t width_for(std::int64_t value);
  std::int64_t load(std::size_t i, std::uint32_t width) const;
  void store(std::size_t i, std::int64_t value);
  std::pair<std::size_t, bool> search(std::int64_t value) const;
  void widen(std::uint32_t width);

  std::string data_;
  std::uint32_t width_ = 2;
};

}  // namespace node
