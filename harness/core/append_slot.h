// How ranges grow from single slots.
#pragma once

#include "harness/core/slot.h"

namespace harness {

/// Adds a slot behind all that the ranges have: to the last of them where it follows on it, else as a new
/// one.
inline void append_slot(SlotRanges& ranges, int slot) {
  if (!ranges.empty() && ranges.back().last == slot - 1)
    ranges.back().last = slot;
  else
    ranges.push_back({slot, slot});
}

}  // namespace harness
