// Slots that a command asks the servers to hand over by themselves, later and all at once: CLUSTER
// MIGRATESLOTS of valkey 9, told to the owner, and CLUSTER MIGRATION IMPORT of redis 8.4, told to the taker.
// The answer says that it began. Whether it ends in a new owner is not certain: a node may die meanwhile.
#pragma once

#include <string>
#include <vector>

#include "harness/core/slot.h"

namespace harness {

struct SlotOffer {
  SlotRanges slots;
  std::string to;  // the taker's id; empty: the node that was told
};

/// What such a command offers; empty for any other command, and for words that no server takes.
std::vector<SlotOffer> slot_offers(const std::vector<std::string>& words);

}  // namespace harness
