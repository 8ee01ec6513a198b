// Hash slots as the node needs them: key -> slot, and sets of slots in the bus's own layout.
// Source of the rule: Redis Cluster specification, "Key distribution model" and "Hash tags".
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <string_view>

namespace node::cluster {

inline constexpr int kSlotCount = 16384;

/// CRC16 (XMODEM) of what stands between the first '{' and the first '}' after it, if that is not empty,
/// else of the whole key; modulo 16384.
int slot_of(std::string_view key);

/// A set of slots in the layout of the bus: slot j is bit j & 7 of byte j / 8.
class SlotSet {
 public:
  static constexpr std::size_t kBytes = kSlotCount / 8;

  bool test(int slot) const { return (bytes_[slot >> 3] >> (slot & 7)) & 1; }
  void set(int slot) { bytes_[slot >> 3] |= static_cast<std::uint8_t>(1 << (slot & 7)); }
  void clear(int slot) { bytes_[slot >> 3] &= static_cast<std::uint8_t>(~(1 << (slot & 7))); }
  int count() const {
    int sum = 0;
    for (std::uint8_t byte : bytes_) sum += std::popcount(byte);
    return sum;
  }
  /// The least member; kSlotCount: none.
  int first() const {
    for (std::size_t i = 0; i < kBytes; ++i)
      if (bytes_[i] != 0) return static_cast<int>(i * 8) + std::countr_zero(bytes_[i]);
    return kSlotCount;
  }
  /// Calls visit(slot) for each member, ascending; empty bytes cost one test.
  template <typename Visit>
  void for_each(Visit visit) const {
    for (std::size_t i = 0; i < kBytes; ++i)
      for (unsigned byte = bytes_[i]; byte != 0; byte &= byte - 1)
        visit(static_cast<int>(i * 8) + std::countr_zero(byte));
  }
  const std::uint8_t* data() const { return bytes_.data(); }
  std::uint8_t* data() { return bytes_.data(); }
  friend bool operator==(const SlotSet&, const SlotSet&) = default;

 private:
  std::array<std::uint8_t, kBytes> bytes_{};
};

}  // namespace node::cluster
