#include "harness/core/slot_offer.h"

#include <catch2/catch.hpp>

using namespace harness;

TEST_CASE("slot offers: what the owner hands over, to several takers") {
  const auto offers = slot_offers({"cluster", "migrateslots", "SLOTSRANGE", "0", "9", "20", "20", "NODE",
                                   "abc", "slotsrange", "100", "100", "node", "def"});
  REQUIRE(offers.size() == 2);
  CHECK(offers[0].slots == SlotRanges{{0, 9}, {20, 20}});
  CHECK(offers[0].to == "abc");
  CHECK(offers[1].slots == SlotRanges{{100, 100}});
  CHECK(offers[1].to == "def");
}

TEST_CASE("slot offers: what the taker asks for") {
  const auto offers = slot_offers({"CLUSTER", "MIGRATION", "IMPORT", "5", "7"});
  REQUIRE(offers.size() == 1);
  CHECK(offers[0].slots == SlotRanges{{5, 7}});
  CHECK(offers[0].to.empty());
}

TEST_CASE("slot offers: other commands, and words that no server takes") {
  CHECK(slot_offers({"CLUSTER", "SETSLOT", "5", "NODE", "abc"}).empty());
  CHECK(slot_offers({"CLUSTER", "MIGRATION", "STATUS", "ALL"}).empty());
  CHECK(slot_offers({"CLUSTER", "MIGRATION", "IMPORT", "5"}).empty());
  CHECK(slot_offers({"CLUSTER", "MIGRATESLOTS", "SLOTSRANGE", "5", "NODE", "abc"}).empty());
  CHECK(slot_offers({"CLUSTER", "MIGRATESLOTS", "SLOTSRANGE", "9", "5", "NODE", "abc"}).empty());
  CHECK(slot_offers({"CLUSTER", "MIGRATESLOTS", "SLOTSRANGE", "5", "16384", "NODE", "abc"}).empty());
}
