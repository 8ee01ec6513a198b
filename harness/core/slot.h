// Hash slots: CRC16 (XMODEM) of the key, or of its hash tag, modulo 16384.
// Source of the rule: Redis Cluster specification, "Key distribution model" and "Hash tags".
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace harness {

inline constexpr int kSlotCount = 16384;

std::uint16_t crc16(std::string_view bytes);

/// The part of a key that is hashed: what stands between the first '{' and the first '}' after it, if
/// that is not empty; else the whole key.
std::string_view hash_tag(std::string_view key);

int slot_of(std::string_view key);

/// Slots first..last, both included.
struct SlotRange {
  int first = 0;
  int last = 0;
  int size() const { return last - first + 1; }
  bool contains(int slot) const { return first <= slot && slot <= last; }
  friend bool operator==(const SlotRange&, const SlotRange&) = default;
};

using SlotRanges = std::vector<SlotRange>;

/// Even ranges for n masters, as redis-cli --cluster create deals them (0-5460, 5461-10922, ... for 3).
/// REQUIRES: 1 <= masters <= 16384.
SlotRanges even_slot_ranges(int masters);

int count_slots(const SlotRanges& ranges);

}  // namespace harness
