// A set of 128-bit hashes in 16 bytes an entry: the configurations a search has been in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace harness {

class ConfigSet {
 public:
  /// False when the hash was there already.
  bool insert(std::uint64_t low, std::uint64_t high) {
    if (low == 0 && high == 0) low = 1;  // zero marks an empty slot
    if (size_ * 4 >= slots_.size() * 3) grow();
    Slot& slot = find(low, high);
    if (slot.low == low && slot.high == high) return false;
    slot = {low, high};
    ++size_;
    return true;
  }
  std::size_t size() const { return size_; }
  std::size_t bytes() const { return slots_.size() * sizeof(Slot); }

 private:
  struct Slot {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
  };
  Slot& find(std::uint64_t low, std::uint64_t high) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = low & mask;
    while ((slots_[at].low != 0 || slots_[at].high != 0) &&
           !(slots_[at].low == low && slots_[at].high == high))
      at = (at + 1) & mask;
    return slots_[at];
  }
  void grow() {
    std::vector<Slot> old(slots_.empty() ? 64 : slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old)
      if (slot.low != 0 || slot.high != 0) find(slot.low, slot.high) = slot;
  }

  std::vector<Slot> slots_;
  std::size_t size_ = 0;
};

}  // namespace harness
