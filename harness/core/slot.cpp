#include "harness/core/slot.h"

#include <array>
#include <cmath>

#include "harness/core/check.h"

namespace harness {
namespace {

constexpr std::array<std::uint16_t, 256> make_crc16_table() {
  std::array<std::uint16_t, 256> table{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    unsigned crc = byte << 8;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x8000) ? (crc << 1) ^ 0x1021 : crc << 1;
    table[byte] = static_cast<std::uint16_t>(crc);
  }
  return table;
}

constexpr auto kCrc16Table = make_crc16_table();

}  // namespace

std::uint16_t crc16(std::string_view bytes) {
  std::uint16_t crc = 0;
  for (unsigned char byte : bytes)
    crc = static_cast<std::uint16_t>((crc << 8) ^ kCrc16Table[((crc >> 8) ^ byte) & 0xff]);
  return crc;
}

std::string_view hash_tag(std::string_view key) {
  const auto open = key.find('{');
  if (open == std::string_view::npos) return key;
  const auto close = key.find('}', open + 1);
  if (close == std::string_view::npos || close == open + 1) return key;
  return key.substr(open + 1, close - open - 1);
}

int slot_of(std::string_view key) {
  return crc16(hash_tag(key)) % kSlotCount;
}

SlotRanges even_slot_ranges(int masters) {
  CHECK_THAT_HOLDS(masters >= 1 && masters <= kSlotCount, "even_slot_ranges");
  SlotRanges ranges;
  const double per_master = static_cast<double>(kSlotCount) / masters;
  double cursor = 0;
  int first = 0;
  for (int i = 0; i < masters; ++i) {
    int last = static_cast<int>(std::lround(cursor + per_master - 1));
    if (i == masters - 1 || last >= kSlotCount) last = kSlotCount - 1;
    ranges.push_back({first, last});
    first = last + 1;
    cursor += per_master;
  }
  return ranges;
}

int count_slots(const SlotRanges& ranges) {
  int count = 0;
  for (const SlotRange& range : ranges) count += range.size();
  return count;
}

}  // namespace harness
