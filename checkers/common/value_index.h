// Who wrote a value: (key, value) -> a dense number, for histories where each key's writes are unique.
// Open addressing over 4-byte slots; the key and the value themselves stay where they are.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "harness/core/value.h"

namespace harness {

/// KeyValueOf: number -> (key, value) of a number inserted before.
template <typename KeyValueOf>
class ValueIndex {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;

  explicit ValueIndex(KeyValueOf key_value_of) : key_value_of_(key_value_of), slots_(1024, kNone) {}

  /// kNone when the pair is new (`number` stands for it from now on), else the number that holds it.
  std::uint32_t insert(std::uint32_t key, Value value, std::uint32_t number) {
    if (size_ * 2 >= slots_.size()) grow();
    std::uint32_t& slot = slots_[place(key, value)];
    if (slot != kNone) return slot;
    slot = number;
    ++size_;
    return kNone;
  }
  std::uint32_t find(std::uint32_t key, Value value) const { return slots_[place(key, value)]; }

 private:
  static constexpr std::uint64_t kSpread = 0x9e3779b97f4a7c15ULL;

  /// Sixteen consecutive integers of one key fall into one cache line, so that a key's recent writes stay
  /// together; the lines are spread, since longer runs of several keys would pile up on each other.
  std::size_t place(std::uint32_t key, Value value) const {
    const std::size_t mask = slots_.size() - 1;
    const std::uint64_t number = value.is_integer() ? value.bits() >> 3 : value.bits() * kSpread;
    std::uint64_t line = ((number >> 4) + static_cast<std::uint64_t>(key) * 0xd6e8feb86659fd93ULL) * kSpread;
    line ^= line >> 32;
    std::size_t at = ((line << 4) | (number & 15)) & mask;
    while (slots_[at] != kNone && key_value_of_(slots_[at]) != std::pair(key, value)) at = (at + 1) & mask;
    return at;
  }
  void grow() {
    std::vector<std::uint32_t> old(slots_.size() * 2, kNone);
    old.swap(slots_);
    for (const std::uint32_t number : old) {
      if (number == kNone) continue;
      const auto [key, value] = key_value_of_(number);
      slots_[place(key, value)] = number;
    }
  }

  KeyValueOf key_value_of_;
  std::vector<std::uint32_t> slots_;
  std::size_t size_ = 0;
};

/// The same for integers that lie densely within each key, as counters that name writes do: each value of a
/// key's range has its number by arithmetic, with nothing to store or to compare.
class DenseRanges {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;

  explicit DenseRanges(std::size_t keys) : ranges_(keys) {}

  /// First every write is announced, then prepare() says whether the ranges are dense enough: at most twice
  /// as many numbers as writes.
  void announce(std::uint32_t key, Value value) {
    Range& range = ranges_[key];
    integers_ &= value.is_integer();
    range.low = std::min(range.low, value.as_integer());
    range.high = std::max(range.high, value.as_integer());
    ++announced_;
  }
  std::size_t announced() const { return announced_; }
  bool prepare(std::uint32_t first_number) {
    if (!integers_) return false;
    std::uint64_t next = first_number;
    for (Range& range : ranges_) {
      if (range.low > range.high) continue;
      range.begin = static_cast<std::uint32_t>(next);
      next += static_cast<std::uint64_t>(range.high - range.low) + 1;
      if (next - first_number > 2 * announced_ + 1024 || next >= kNone) return false;
    }
    end_ = static_cast<std::uint32_t>(next);
    return true;
  }
  /// Behind the last number.
  std::uint32_t end() const { return end_; }
  /// The first number of a key, and behind its last; equal when it has none.
  std::pair<std::uint32_t, std::uint32_t> numbers(std::uint32_t key) const {
    const Range& range = ranges_[key];
    if (range.low > range.high) return {0, 0};
    return {range.begin, range.begin + static_cast<std::uint32_t>(range.high - range.low) + 1};
  }
  /// kNone for a value outside of the key's range.
  std::uint32_t number(std::uint32_t key, Value value) const {
    const Range& range = ranges_[key];
    if (!value.is_integer() || value.as_integer() < range.low || value.as_integer() > range.high)
      return kNone;
    return range.begin + static_cast<std::uint32_t>(value.as_integer() - range.low);
  }

 private:
  struct Range {
    std::int64_t low = INT64_MAX;
    std::int64_t high = INT64_MIN;
    std::uint32_t begin = 0;
  };
  std::vector<Range> ranges_;
  std::size_t announced_ = 0;
  std::uint32_t end_ = 0;
  bool integers_ = true;
};

}  // namespace harness
