#include "harness/core/slot.h"

#include <catch2/catch.hpp>

using namespace harness;

TEST_CASE("crc16 is XMODEM's, as the specification's test vector says") {
  CHECK(crc16("123456789") == 0x31c3);
}

TEST_CASE("slots of known keys, as CLUSTER KEYSLOT answers") {
  CHECK(slot_of("foo") == 12182);
  CHECK(slot_of("bar") == 5061);
  CHECK(slot_of("{user1000}.following") == slot_of("{user1000}.followers"));
  CHECK(hash_tag("foo{}{bar}") == "foo{}{bar}");
  CHECK(hash_tag("foo{{bar}}zap") == "{bar");
  CHECK(hash_tag("foo{bar}{zap}") == "bar");
}

TEST_CASE("even ranges are those that redis-cli deals") {
  CHECK(even_slot_ranges(3) == SlotRanges{{0, 5460}, {5461, 10922}, {10923, 16383}});
  for (int masters : {1, 2, 3, 5, 7, 100, 1000, 16384}) {
    const SlotRanges ranges = even_slot_ranges(masters);
    CHECK(static_cast<int>(ranges.size()) == masters);
    CHECK(count_slots(ranges) == kSlotCount);
  }
}
