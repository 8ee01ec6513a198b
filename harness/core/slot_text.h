// Slot ranges as people and plans write them: "0-8191,9000".
#pragma once

#include <string>
#include <string_view>

#include "harness/core/slot.h"

namespace harness {

std::string slot_ranges_text(const SlotRanges& ranges);

/// False when the text is none: not a number, beyond 16383, backwards, or overlapping. Empty text: no slots.
bool slot_ranges_from(std::string_view text, SlotRanges& ranges);

}  // namespace harness
