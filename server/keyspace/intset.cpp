#include "server/keyspace/intset.h"

#include <cstring>
#include <utility>

namespace node {

std::uint32_t Intset::width_for(std::int64_t v) {
  if (v < INT32_MIN || v > INT32_MAX) return 8;
  return v < INT16_MIN || v > INT16_MAX ? 4 : 2;
}

std::int64_t Intset::load(std::size_t i, std::uint32_t width) const {
  std::int64_t v = 0;
  std::memcpy(&v, data_.data() + i * width, width);
  const unsigned unused = 64 - 8 * width;
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(v) << unused) >> unused;
}

void Intset::store(std::size_t i, std::int64_t value) {
  std::memcpy(data_.data() + i * width_, &value, width_);
}

std::pair<std::size_t, bool> Intset::search(std::int64_t value) const {
  std::size_t low = 0, high = size();
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (at(middle) < value)
      low = middle + 1;
    else
      high = middle;
  }
  return {low, low < size() && at(low) == value};
}

void Intset::widen(std::uint32_t width) {
  Intset wider;
  wider.width_ = width;
  wider.data_.resize(size() * width);
  for (std::size_t i = 0; i < size(); ++i) wider.store(i, at(i));
  *this = std::move(wider);
}

bool Intset::insert(std::int64_t value) {
  if (width_for(value) > width_) widen(width_for(value));
  const auto [place, present] = search(value);
  if (present) return false;
  data_.insert(place * width_, width_, '\0');
  store(place, value);
  return true;
}

bool Intset::erase(std::int64_t value) {
  const auto [place, present] = search(value);
  if (present) data_.erase(place * width_, width_);
  return present;
}

std::string Intset::to_bytes() const {
  const auto count = static_cast<std::uint32_t>(size());
  std::string out(8, '\0');
  std::memcpy(out.data(), &width_, 4);
  std::memcpy(out.data() + 4, &count, 4);
  return out + data_;
}

std::optional<Intset> Intset::from_bytes(std::string_view bytes) {
  if (bytes.size() < 8) return std::nullopt;
  Intset set;
  std::uint32_t count = 0;
  std::memcpy(&set.width_, bytes.data(), 4);
  std::memcpy(&count, bytes.data() + 4, 4);
  if (set.width_ != 2 && set.width_ != 4 && set.width_ != 8) return std::nullopt;
  if (count == 0 || bytes.size() - 8 != static_cast<std::uint64_t>(count) * set.width_) return std::nullopt;
  set.data_ = bytes.substr(8);
  for (std::size_t i = 1; i < count; ++i)
    if (set.at(i - 1) >= set.at(i)) return std::nullopt;
  return set;
}

}  // namespace node
